// SPDX-License-Identifier: Apache-2.0
#include "operators/alert_rule.h"

#include <algorithm>
#include <utility>

#include "engine/api/group_key.h"
#include "engine/api/raw_bytes.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr PaneKey kOnlyPane{.clock = 0, .end = 0};
constexpr int kSeverityShift = 2;

bool is_true(const Column& column, std::size_t row) {
  return !column.is_null(row) && column.booleans()[row] != 0;
}

}  // namespace

AlertRule::AlertRule(const Options& options)
    : options_(options),
      raise_(options.raise),
      clear_(options.clear),
      output_(options.identity) {
  if (options.severity) severity_.emplace(options.severity);
}

Result<void> AlertRule::open(OperatorContext& context) {
  keys_ = &context.table("keys", std::make_unique<AlertStateRow>());
  arrivals_.open(context);
  held_ = &context.time_queue("held");
  timers_ = &context.time_queue("timers");
  reminders_ = &context.time_queue("reminders");
  late_rows_ = &context.counter("late_rows");
  stale_rows_ = &context.counter("stale_rows");
  sql_errors_ = &context.counter("sql_errors");
  return {};
}

Micros& AlertRule::applied(ClockId clock) {
  if (clock >= applied_.size()) applied_.resize(clock + 1, kMinWatermark);
  return applied_[clock];
}

// Payload of a held row: flags (1 byte: 1 raise, 2 clear, 4 times the severity), then key, key text
// and words (render_words), each behind its length (4 bytes little endian).
std::string AlertRule::to_payload(const Observation& row) {
  std::string out(1, static_cast<char>((row.raise ? 1 : 0) | (row.clear ? 2 : 0) |
                                       static_cast<int>(row.severity) << kSeverityShift));
  append_sized(out, row.key);
  append_sized(out, row.key_text);
  append_sized(out, row.words);
  return out;
}

Result<AlertRule::Observation> AlertRule::from_payload(Micros time, std::string_view payload) {
  if (payload.empty()) return corrupt("a held row is empty");
  const int flags = payload.front();
  if (flags < 0 || flags >> kSeverityShift > static_cast<int>(AlertSeverityLevel::kCritical)) {
    return corrupt("a held row is damaged");
  }
  Observation row{.time = time,
                  .raise = (flags & 1) != 0,
                  .clear = (flags & 2) != 0,
                  .severity = static_cast<AlertSeverityLevel>(flags >> kSeverityShift),
                  .key = {},
                  .key_text = {},
                  .words = {}};
  payload.remove_prefix(1);
  std::string_view key, key_text, words;
  if (!take_sized(payload, key) || !take_sized(payload, key_text) || !take_sized(payload, words) ||
      !payload.empty()) {
    return corrupt("a held row is damaged");
  }
  row.key = key;
  row.key_text = key_text;
  row.words = words;
  return row;
}

AlertRule::Conditions AlertRule::evaluate(const ColumnBatch& batch, Arena& arena) {
  Conditions out{.raise = raise_.evaluate(batch, batch.selection, arena),
                 .clear = clear_.evaluate(batch, batch.selection, arena),
                 .severity = nullptr};
  std::size_t errors = raise_.take_error_count() + clear_.take_error_count();
  if (severity_) {
    out.severity = severity_->evaluate(batch, batch.selection, arena);
    errors += severity_->take_error_count();
  }
  if (errors > 0) sql_errors_->add(errors);
  return out;
}

AlertRule::Observation AlertRule::observe(const ColumnBatch& batch, std::size_t row,
                                          const Conditions& conditions) {
  Observation out{.time = batch.meta->event_time[row],
                  .raise = is_true(*conditions.raise, row),
                  .clear = is_true(*conditions.clear, row),
                  .severity = AlertSeverityLevel::kNone,
                  .key = {},
                  .key_text = {},
                  .words = {}};
  if (conditions.severity && !conditions.severity->is_null(row)) {
    out.severity = severity_of(conditions.severity->texts()[row]);
    if (out.severity == AlertSeverityLevel::kNone) sql_errors_->add(1);
  }
  std::vector<ColumnPtr> key_columns;
  for (const std::size_t column : options_.identity.key_columns) {
    key_columns.push_back(batch.columns[column]);
  }
  encode_group_key(key_columns, row, out.key);
  options_.identity.key_text(batch, row, out.key_text);
  // A row that says a severity may be one that only updates.
  const bool says = out.raise || out.clear || out.severity != AlertSeverityLevel::kNone;
  if (says) out.words = render_words(options_.identity, batch, row);
  return out;
}

Result<void> AlertRule::process(const ColumnBatch& batch, Emitter& out) {
  Arena arena;
  const Conditions conditions = evaluate(batch, arena);
  std::vector<std::uint32_t> late;
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    const ClockId clock = batch.meta->clock_of(row);
    const Micros watermark = batch.meta->watermark[row];
    if (watermark > applied(clock)) TRY(apply_until(clock, watermark, Reach::kWatermark));
    const Micros time = batch.meta->event_time[row];
    if (options_.order == Order::kEvent && time < watermark) {
      late.push_back(static_cast<std::uint32_t>(row));
      continue;
    }
    Observation seen = observe(batch, row, conditions);
    if (options_.order == Order::kArrival) {
      TRY(apply_row(clock, seen));
      continue;
    }
    ASSIGN_OR_RETURN(std::string number, arrivals_.next_key());
    held_->push(clock, {.time = time, .key = std::move(number), .payload = to_payload(seen)});
  }
  output_.flush(out);
  if (!late.empty()) {
    late_rows_->add(late.size());
    if (options_.emit_late) {
      ColumnBatch late_batch = batch;
      late_batch.selection = Selection(batch.rows(), std::move(late));
      out.emit_late(std::move(late_batch));
    }
  }
  return {};
}

Result<void> AlertRule::advance(std::span<const ClockReading> readings, Emitter& out) {
  for (const ClockReading& reading : readings) {
    // A camp's last word before its link dies counts, although W will not reach it.
    const Reach reach = reading.idle ? Reach::kAllHeldRows : Reach::kWatermark;
    TRY(apply_until(reading.clock, reading.watermark, reach));
  }
  output_.flush(out);
  return {};
}

Result<void> AlertRule::forget(ClockId clock, Emitter& out) {
  TRY(apply_until(clock, applied(clock), Reach::kAllHeldRows));
  applied(clock) = kMinWatermark;
  output_.flush(out);
  return {};
}

Result<void> AlertRule::finish(Emitter& out) {
  for (const ClockId clock : held_->clocks()) {
    TRY(apply_until(clock, applied(clock), Reach::kAllHeldRows));
  }
  output_.flush(out);
  return {};
}

Result<void> AlertRule::apply_until(ClockId clock, Micros watermark, Reach reach) {
  Micros& through = applied(clock);
  through = std::max(through, watermark);
  const Micros rows_until =
      reach == Reach::kAllHeldRows ? std::numeric_limits<Micros>::max() : watermark;
  while (true) {
    const auto row_time = held_->first_time(clock);
    const auto change_time = timers_->first_time(clock);
    const auto reminder_time = reminders_->first_time(clock);
    const bool reminds = reminder_time && (!change_time || *reminder_time < *change_time);
    const auto timer_time = reminds ? reminder_time : change_time;
    const bool row_due = row_time && *row_time <= rows_until;
    // A row that is applied shows that event time went on beyond every timer before it.
    const bool timer_due =
        timer_time && (*timer_time <= watermark || (row_due && *timer_time < *row_time));
    if (!row_due && !timer_due) return {};
    // A row at exactly t + for is looked at first.
    if (row_due && (!timer_due || *row_time <= *timer_time)) {
      const auto item = held_->pop(clock, *row_time);
      ASSIGN_OR_RETURN(const Observation row, from_payload(item->time, item->payload));
      TRY(apply_row(clock, row));
    } else if (reminds) {
      const auto item = reminders_->pop(clock, *timer_time);
      TRY(fire_reminder(clock, item->time, item->key));
    } else {
      const auto item = timers_->pop(clock, *timer_time);
      TRY(fire_timer(clock, item->time, item->key));
    }
  }
}

Result<AlertState*> AlertRule::state_of(std::string_view key) {
  std::byte* const row = keys_->upsert(keys_->pane(kOnlyPane), key);
  if (row == nullptr) return *keys_->take_error();
  return &AlertStateRow::get(row);
}

/// Null when nothing is known of the key.
Result<AlertState*> AlertRule::known_state_of(std::string_view key) {
  if (keys_->find(keys_->pane(kOnlyPane), key) == nullptr) {
    if (auto error = keys_->take_error()) return *std::move(error);
    return nullptr;
  }
  return state_of(key);
}

/// Whether nothing is to be remembered of a key that is well: nobody asks for its last row when the
/// watermark has reached that, since what comes behind is late, and its last episode's instant is
/// over.
bool AlertRule::forgets(ClockId clock, const AlertState& state) {
  return options_.forgets_keys && state.phase == AlertState::Phase::kNormal &&
         state.last_row <= applied(clock) &&
         (state.revision == 0 || state.raised_at < state.last_row);
}

Result<void> AlertRule::apply_row(ClockId clock, const Observation& row) {
  if (options_.forgets_keys && !row.raise && row.time <= applied(clock)) {
    // Most rows are of keys that are well, of which nothing is known.
    const std::byte* const known = keys_->find(keys_->pane(kOnlyPane), row.key);
    if (known == nullptr) {
      if (auto error = keys_->take_error()) return *std::move(error);
      return {};
    }
  }
  ASSIGN_OR_RETURN(AlertState * state, state_of(row.key));
  TRY(apply_to(clock, row, state));
  if (forgets(clock, *state)) keys_->erase(keys_->pane(kOnlyPane), row.key);
  return {};
}

Result<void> AlertRule::apply_to(ClockId clock, const Observation& row, AlertState* state) {
  if (row.time < state->last_row) {
    stale_rows_->add(1);
    return {};
  }
  state->last_row = row.time;
  if (state->key_text.empty()) state->key_text = row.key_text;
  catch_up(clock, row.key, *state, row.time);
  using Phase = AlertState::Phase;
  switch (state->phase) {
    case Phase::kNormal:
      if (row.raise) begin(clock, *state, Phase::kPending, row);
      return {};
    case Phase::kPending:
      go_on(clock, *state, row.raise, row);
      return {};
    case Phase::kActive:
      if (!row.clear || options_.clear_for > 0) update(clock, *state, row);
      if (row.clear) begin(clock, *state, Phase::kClearing, row);
      return {};
    case Phase::kClearing:
      update(clock, *state, row);
      go_on(clock, *state, row.clear, row);
      return {};
  }
  ENSURE(false, "unknown phase of an alert");
}

/// In arrival order no timer stands between two rows: its instant may lie before the row, which is
/// at `until`.
void AlertRule::catch_up(ClockId clock, const std::string& key, AlertState& state, Micros until) {
  while (true) {
    const auto changes = due(state);
    const auto reminds = output_.next_reminder(state);
    if (changes && *changes < until && (!reminds || *changes <= *reminds)) {
      timers_->erase(clock, *changes, key);
      change(clock, key, state, *changes);
    } else if (reminds && *reminds < until) {
      reminders_->erase(clock, *reminds, key);
      remind(clock, key, state, *reminds);
    } else {
      return;
    }
  }
}

std::optional<Micros> AlertRule::due(const AlertState& state) const {
  switch (state.phase) {
    case AlertState::Phase::kPending: return state.since + options_.hold_for;
    case AlertState::Phase::kClearing: return state.since + options_.clear_for;
    default: return std::nullopt;
  }
}

/// The first row on which a condition holds.
void AlertRule::begin(ClockId clock, AlertState& state, AlertState::Phase phase,
                      const Observation& row) {
  state.phase = phase;
  state.since = row.time;
  state.words = row.words;
  if (phase == AlertState::Phase::kPending) state.severity = row.severity;
  const Micros at = *due(state);
  if (at == row.time) {
    change(clock, row.key, state, at);
  } else {
    timers_->push(clock, {.time = at, .key = row.key, .payload = {}});
  }
}

/// A further row, on which the condition `holds` or not.
void AlertRule::go_on(ClockId clock, AlertState& state, bool holds, const Observation& row) {
  const Micros at = *due(state);
  if (!holds) {
    timers_->erase(clock, at, row.key);
    const bool pending = state.phase == AlertState::Phase::kPending;
    state.phase = pending ? AlertState::Phase::kNormal : AlertState::Phase::kActive;
    state.words.clear();
    return;
  }
  state.words = row.words;
  if (row.severity != AlertSeverityLevel::kNone) state.severity = row.severity;
  if (options_.order == Order::kArrival && row.time == at) {
    timers_->erase(clock, at, row.key);
    change(clock, row.key, state, at);
  }
}

void AlertRule::change(ClockId clock, std::string_view key, AlertState& state, Micros at) {
  if (state.phase == AlertState::Phase::kPending) {
    raise(clock, key, state, at);
  } else {
    clear(clock, key, state, at);
  }
}

void AlertRule::update(ClockId clock, AlertState& state, const Observation& row) {
  if (row.severity == AlertSeverityLevel::kNone) return;
  const bool known = state.severity != AlertSeverityLevel::kNone;
  const AlertSeverityLevel before = known ? state.severity : options_.identity.severity;
  state.severity = row.severity;
  if (row.severity == before) return;
  output_.add(row.key, state,
              {.change = AlertChange::kUpdated,
               .at = row.time,
               .severity = state.severity,
               .words = row.words},
              clock);
}

void AlertRule::raise(ClockId clock, std::string_view key, AlertState& state, Micros at) {
  state.phase = AlertState::Phase::kActive;
  state.begin_episode(at);
  output_.add(key, state,
              {.change = AlertChange::kRaised,
               .at = at,
               .severity = state.severity,
               .words = state.words},
              clock);
  state.words.clear();
  expect_reminder(clock, key, state);
}

void AlertRule::clear(ClockId clock, std::string_view key, AlertState& state, Micros at) {
  if (const auto next = output_.next_reminder(state)) reminders_->erase(clock, *next, key);
  state.phase = AlertState::Phase::kNormal;
  output_.add(key, state,
              {.change = AlertChange::kCleared,
               .at = at,
               .severity = state.severity,
               .words = state.words},
              clock);
  state.severity = AlertSeverityLevel::kNone;
  state.words.clear();
}

void AlertRule::expect_reminder(ClockId clock, std::string_view key, const AlertState& state) {
  if (const auto at = output_.next_reminder(state)) {
    reminders_->push(clock, {.time = *at, .key = std::string(key), .payload = {}});
  }
}

void AlertRule::remind(ClockId clock, std::string_view key, AlertState& state, Micros at) {
  const auto clears = due(state);
  output_.remind(key, state, at, clock);
  if (!state.is_up() && clears) timers_->erase(clock, *clears, key);
  expect_reminder(clock, key, state);
}

Result<void> AlertRule::fire_reminder(ClockId clock, Micros time, const std::string& key) {
  ASSIGN_OR_RETURN(AlertState * state, known_state_of(key));
  if (state == nullptr) return {};
  if (output_.next_reminder(*state) == time) {
    remind(clock, key, *state, time);
  } else {
    // It was set when the job had other settings, or by another episode.
    expect_reminder(clock, key, *state);
  }
  return {};
}

Result<void> AlertRule::fire_timer(ClockId clock, Micros time, const std::string& key) {
  ASSIGN_OR_RETURN(AlertState * state, known_state_of(key));
  if (state == nullptr) return {};
  // Else it was set when the job had another `for`: the key's next row decides by the new one.
  if (due(*state) == time) change(clock, key, *state, time);
  return {};
}

}  // namespace sitrep
