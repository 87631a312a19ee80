// SPDX-License-Identifier: Apache-2.0
#pragma once
// An alert per key: raised when a condition has held for a while, cleared when another has. normal
// → (raise true at t) → pending since t → (raise true on every row until t + for) → active at
// t + for → (clear true at t) → clearing since t → (clear true on every row until t + clear_for)
// → cleared, normal. A comparison with null is not true: such a row neither raises nor clears, but
// a pending alert needs `raise` true on every row, and one that clears `clear`.
//
// Order::kEvent wants its rows in the order of event time, from an EventOrder: rows up to and
// including an instant are looked at before the timers of that instant. Order::kArrival takes rows
// as they come, and ignores (and counts) those older than their key's last.
//
// Where the severity is an expression, an alert that is up is updated when a row says another. One
// that stays up is told of again and given up as the identity says, after what rows and timers of
// that instant do.
//
// A key that is well is forgotten (Options::forgets_keys).
//
// State: keys (key → AlertState), timers (t + for, t + clear_for), reminders. Used only by its
// worker.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/api/operator.h"
#include "engine/sql/evaluator.h"
#include "operators/alert_output.h"
#include "operators/alert_state.h"

namespace sitrep {

class AlertRule final : public Operator {
 public:
  enum class Order { kEvent, kArrival };

  struct Options {
    AlertIdentity identity;
    /// Booleans over the input.
    sql::ExpressionPtr raise;
    sql::ExpressionPtr clear;
    /// Text over the input: the name of a severity, looked at on every row while the alert is up; a
    /// row on which it is another text or null leaves it. Null: the identity's.
    sql::ExpressionPtr severity;
    /// How long `raise` must hold, in event time.
    Micros hold_for = 0;
    /// How long `clear` must.
    Micros clear_for = 0;
    Order order = Order::kEvent;
    /// Whether a key that is well is forgotten when the watermark has reached its last row. Not
    /// with kArrival, nor where a clock may be forgotten and begin anew: then rows come again for
    /// which the last one must be known.
    bool forgets_keys = false;
  };

  explicit AlertRule(const Options& options);

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;
  Result<void> advance(std::span<const ClockReading> readings, Emitter& out) override;
  Result<void> forget(ClockId clock, Emitter& out) override;

 private:
  struct Progress {
    Micros applied = kMinWatermark;  // timers up to here are through
    Micros due = kMinWatermark;      // no timer stands before this
  };
  /// What a row says to the rule.
  struct Observation {
    const ColumnBatch& batch;
    std::size_t row;
    Micros time;
    bool raise;
    bool clear;
    std::string_view key;
    std::uint64_t hash;
  };
  /// What the conditions are on the rows of a batch; no severity where the rule has one for all.
  struct Conditions {
    ColumnPtr raise;
    ColumnPtr clear;
    ColumnPtr severity;
  };
  Conditions evaluate(const ColumnBatch& batch, Arena& arena);
  /// kNone where the row says none.
  AlertSeverityLevel severity_on(const Observation& row);
  std::string words_of(const Observation& row) const;

  Progress& progress(ClockId clock);
  void expect(TimeQueue& queue, ClockId clock, Micros time, std::string_view key);
  Result<void> pass(ClockId clock, const RowMeta& meta, std::size_t row);
  /// Timers and reminders up to `until`, in the order of time.
  Result<void> fire_until(ClockId clock, Micros until);
  /// `reached`: how far event time is known to have come.
  Result<void> apply_row(ClockId clock, const Observation& row, Micros reached);
  Result<void> apply_to(ClockId clock, const Observation& row, AlertState* state);
  bool forgets(const AlertState& state, Micros reached) const;
  Result<void> fire_timer(ClockId clock, Micros time, const std::string& key);
  Result<void> fire_reminder(ClockId clock, Micros time, const std::string& key);
  void catch_up(ClockId clock, std::string_view key, AlertState& state, Micros until);
  /// When what is on its way in the state's phase happens, unless a row says otherwise.
  std::optional<Micros> due(const AlertState& state) const;
  void begin(ClockId clock, AlertState& state, AlertState::Phase phase, const Observation& row);
  void go_on(ClockId clock, AlertState& state, bool holds, const Observation& row);
  /// The change that was on its way.
  void change(ClockId clock, std::string_view key, AlertState& state, Micros at);
  /// Tells of another severity of an alert that is up.
  void update(ClockId clock, AlertState& state, const Observation& row);
  void raise(ClockId clock, std::string_view key, AlertState& state, Micros at);
  void clear(ClockId clock, std::string_view key, AlertState& state, Micros at);
  void expect_reminder(ClockId clock, std::string_view key, const AlertState& state);
  void remind(ClockId clock, std::string_view key, AlertState& state, Micros at);
  Result<AlertState*> state_of(std::string_view key, std::uint64_t hash);
  Result<AlertState*> known_state_of(std::string_view key);

  const Options options_;
  sql::Evaluator raise_;
  sql::Evaluator clear_;
  std::optional<sql::Evaluator> severity_;
  AlertOutput output_;
  Table* keys_ = nullptr;
  TimeQueue* timers_ = nullptr;
  TimeQueue* reminders_ = nullptr;
  OperatorCounter* stale_rows_ = nullptr;
  OperatorCounter* sql_errors_ = nullptr;
  std::vector<Progress> progress_;  // by ClockId
  bool is_warm_ = false;         // what is known of keys was read after a restart
  Conditions conditions_;        // of the batch at hand
};

}  // namespace sitrep
