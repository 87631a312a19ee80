// SPDX-License-Identifier: Apache-2.0
#pragma once
// The clocks of a node: of its only input as they are, or the minimum over several inputs (UNION
// ALL). An idle input is left out; an input that never spoke of a clock holds it back until `grace`
// has passed since another input did. W never goes back. A store when there are several inputs:
// what was decided while a clock was idle must survive a restart. Used only by its worker.

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/api/clock_table.h"
#include "engine/api/operator.h"
#include "engine/api/store.h"

namespace sitrep {

class ClockGate final : public Store {
 public:
  struct Options {
    /// Unique in the job: "<stream>/gate".
    std::string_view name;
    std::size_t inputs = 1;
    /// How long a clock waits for inputs that never spoke of it.
    Micros grace = 0;
    ClockTable* clocks;
  };
  explicit ClockGate(const Options& options);

  bool merges() const { return inputs_ > 1; }
  /// Takes readings of one input and appends those of the node that changed.
  void update(std::size_t input, std::span<const ClockReading> readings, Micros now,
              std::vector<ClockReading>& changed);
  /// Lets clocks go on whose grace has passed.
  void tick(Micros now, std::vector<ClockReading>& changed);
  /// One input has forgotten a clock; true when none has it any more, and the node forgets it too.
  bool forget(std::size_t input, ClockId clock);
  /// The batch with each row's watermark as the node sees it: the minimum over the inputs before
  /// that row. It came by `inputs`, one or several whose clocks are the same: those stood where the
  /// row's own did. Returns the batch itself when there is one input.
  ColumnBatch adjust(std::span<const std::size_t> inputs, ColumnBatch batch) const;
  /// W of the node.
  Micros watermark(ClockId clock) const;
  std::vector<ClockReading> readings() const;

  StoreId id() const override { return id_; }
  void collect(Epoch epoch, ChangeSink& changes) override;
  Result<void> restore(const StateKey& key, std::string_view value) override;
  std::size_t memory_bytes() const override { return states_.size() * sizeof(State); }

 private:
  struct Input {
    Micros watermark = kMinWatermark;
    bool idle = false;
    bool spoke = false;
    bool goes_on = false;  // idle, and moved since by processing time (idle_close)
  };
  struct State {
    std::vector<Input> inputs;
    Micros merged = kMinWatermark;
    Micros first_seen = 0;  // processing time
    bool known = false;
    bool idle = false;
    bool waived = false;  // grace has passed: inputs that never spoke are left out
    bool dirty = false;  // moved, or was forgotten, in the open epoch
  };

  State& state(ClockId clock);
  /// Minimum over the inputs but `except`; nothing when none of them counts.
  static std::optional<Micros> minimum(const State& state, std::span<const std::size_t> except);
  /// W when every input is idle: it stays, or goes with those that go on (idle_close).
  static Micros reached_idle(const State& state);
  void mark_dirty(ClockId clock);
  void merge(ClockId clock, std::vector<ClockReading>& changed);

  const StoreId id_;
  const std::size_t inputs_;
  const Micros grace_;
  ClockTable& clocks_;
  std::vector<State> states_;  // by ClockId
  std::vector<ClockId> dirty_;
};

}  // namespace sitrep
