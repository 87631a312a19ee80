// SPDX-License-Identifier: Apache-2.0
#pragma once
// The clocks of a partition of a repartition topic, from what its senders say of theirs (decision
// 0007): the minimum over the senders that count. One that is idle or finished is left out, and so
// is one that is settled and never spoke of the clock; one that may still have its first row of it
// on the way holds it where it is. Decided by what is in the topic, never by the time here. A
// store: what was said survives a restart. Used only by its worker.

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/clock_table.h"
#include "engine/api/operator.h"
#include "engine/api/store.h"
#include "engine/runtime/repartition_record.h"

namespace sitrep {

class RepartitionClock final : public Store {
 public:
  /// `name` is unique in the job and task: "<cut>/<topic>/senders". `senders`: who will speak.
  RepartitionClock(std::string_view name, std::span<const TaskId> senders, ClockTable& clocks);

  struct Changes {
    std::vector<ClockReading> moved;
    /// No sender has them any more.
    std::vector<ClockId> forgotten;
  };
  /// Takes the words of a record, whose rows have been dealt with.
  Changes hear(const RepartitionRecord& record);
  /// Where a clock stands.
  Micros watermark(ClockId clock) const {
    return clock < states_.size() ? states_[clock].merged : kMinWatermark;
  }
  /// Where every clock stands.
  std::vector<ClockReading> readings() const;
  /// Whether every sender has spoken, and has met all its clocks.
  bool settled() const;

  StoreId id() const override { return id_; }
  void collect(Epoch epoch, ChangeSink& changes) override;
  Result<void> restore(const StateKey& key, std::string_view value) override;
  std::size_t memory_bytes() const override;

 private:
  struct Sender {
    bool spoke = false;
    bool settled = false;
  };
  struct State {
    std::map<TaskId, ClockWord> words;
    Micros merged = kMinWatermark;
    bool idle = false;
  };

  State& state(ClockId clock);
  /// Minimum over the senders that count; nothing when none does.
  std::optional<Micros> lowest(const State& state) const;
  /// W when no sender counts: what those go on to that do (idle_close), else the least that any
  /// stands at that ever had a row, which is where it is but for those that were only waited for.
  static Micros reached_idle(const State& state);
  void merge(ClockId clock, std::vector<ClockReading>& moved);
  void take_word(const TaskId& sender, const ClockWord& word, Changes& changes);

  const StoreId id_;
  ClockTable& clocks_;
  std::map<TaskId, Sender> senders_;
  std::vector<State> states_;  // by ClockId
  std::set<std::pair<ClockId, TaskId>> dirty_words_;
  std::set<ClockId> dirty_clocks_;
  std::set<TaskId> dirty_senders_;
};

}  // namespace sitrep
