// SPDX-License-Identifier: Apache-2.0
#pragma once
// An alert per key that has not spoken for silent_after: in event time of its clock, and when that
// clock is idle (the whole gateway is quiet) in processing time since. Cleared by the key's next
// row, whatever its event time. A key is known from its first row on. One that stays silent is told
// of again and given up as the identity says; it is new when it speaks after that. The end of a
// bounded input raises nothing.
//
// State: keys (key → AlertState: last_row is when it last spoke), timers (those of reminders with
// "r"). Used only by its worker.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/api/operator.h"
#include "operators/alert_output.h"
#include "operators/alert_state.h"

namespace sitrep {

class SilenceRule final : public Operator {
 public:
  struct Options {
    AlertIdentity identity;
    Micros silent_after = 0;
  };

  explicit SilenceRule(const Options& options);

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;
  Result<void> advance(std::span<const ClockReading> readings, Emitter& out) override;
  Result<void> forget(ClockId clock, Emitter& out) override;
  Result<void> tick(Micros now, Emitter& out) override;

 private:
  /// What is known of a clock.
  struct Progress {
    Micros watermark = kMinWatermark;
    bool idle = false;
    std::optional<Micros> idle_since;  // processing time
  };

  Progress& progress(ClockId clock);
  Result<void> hear(const ColumnBatch& batch, std::size_t row, ClockId clock);
  Result<void> fire_until(ClockId clock, Micros time);
  void expect_reminder(ClockId clock, const std::string& key, const AlertState& state);
  void remind(ClockId clock, const TimeQueue::Item& timer, AlertState& state);

  const Options options_;
  AlertOutput output_;
  Table* keys_ = nullptr;
  TimeQueue* timers_ = nullptr;
  std::vector<Progress> progress_;  // by ClockId
};

}  // namespace sitrep
