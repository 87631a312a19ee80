// SPDX-License-Identifier: Apache-2.0
#pragma once
// The event-time clocks of one input partition: one for all its rows, or one per key group. Each
// stands at W = the largest event time of its rows minus out_of_orderness, never goes back, and is
// idle when no row came for idle_after. A store: W survives a restart. Used only by its worker.

#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/api/clock_table.h"
#include "engine/api/operator.h"
#include "engine/api/store.h"
#include "engine/runtime/topology.h"

namespace sitrep {

class SourceClock final : public Store {
 public:
  /// `name` is unique in the job and task: "<source>/<topic>/clock". `started` is the processing
  /// time from which silence is counted until the first row comes.
  SourceClock(std::string_view name, const TimePlan& plan, ClockTable& clocks, Micros started);

  /// Takes one row and returns W of its clock as it stood before.
  Micros observe(ClockId clock, Micros event_time);
  /// W of a clock that stood at `before` when a row of `event_time` has come.
  Micros after(Micros before, Micros event_time) const {
    return std::max(before, event_time - plan_.out_of_orderness);
  }
  /// Notes that rows came at `now`: their clocks are not idle. Called once per batch, with the
  /// readings that changed appended to `changed`.
  void end_batch(Micros now, std::vector<ClockReading>& changed);
  /// What was there at the start has been read by `now`: silence is counted from here.
  void wait_anew(Micros now);
  /// Finds clocks that became idle, or go on while idle, by `now`.
  void tick(Micros now, std::vector<ClockReading>& changed);
  /// Forgets key groups' clocks that had no row for clock_expire; which ones.
  std::vector<ClockId> expire(Micros now);
  /// Where every clock stands.
  std::vector<ClockReading> readings() const;

  StoreId id() const override { return id_; }
  void collect(Epoch epoch, ChangeSink& changes) override;
  Result<void> restore(const StateKey& key, std::string_view value) override;
  std::size_t memory_bytes() const override { return states_.size() * sizeof(State); }

 private:
  struct State {
    Micros watermark = kMinWatermark;
    Micros last_row = 0;  // processing time
    bool known = false;   // has had a row, or is the partition's own clock
    bool idle = false;
    bool touched = false;  // had a row in the open batch
    bool dirty = false;    // W moved, or was forgotten, in the open epoch
  };
  State& state(ClockId clock);
  void mark_dirty(ClockId clock);

  const StoreId id_;
  const TimePlan plan_;
  const Micros started_;
  ClockTable& clocks_;
  std::vector<State> states_;  // by ClockId
  std::vector<ClockId> touched_;
  std::vector<ClockId> dirty_;
};

}  // namespace sitrep
