// SPDX-License-Identifier: Apache-2.0
#include "operators/alert_rule.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/api/batch_keys.h"
#include "engine/base/hash.h"

namespace sitrep {
namespace {

constexpr PaneKey kOnlyPane{.clock = 0, .end = 0};

/// Of keys that are not well. Each row asks for its key, which mostly is: without them in memory,
/// each would ask the image.
constexpr std::size_t kWarmRows = 100'000;

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
  timers_ = &context.time_queue("timers");
  reminders_ = &context.time_queue("reminders");
  stale_rows_ = &context.counter("stale_rows");
  sql_errors_ = &context.counter("sql_errors");
  return {};
}

AlertRule::Progress& AlertRule::progress(ClockId clock) {
  if (clock >= progress_.size()) progress_.resize(clock + 1);
  return progress_[clock];
}

void AlertRule::expect(TimeQueue& queue, ClockId clock, Micros time, std::string_view key) {
  Progress& mine = progress(clock);
  mine.due = std::min(mine.due, time);
  queue.push(clock, {.time = time, .key = std::string(key), .payload = {}});
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

AlertSeverityLevel AlertRule::severity_on(const Observation& row) {
  const ColumnPtr& severities = conditions_.severity;
  if (!severities || severities->is_null(row.row)) return AlertSeverityLevel::kNone;
  const AlertSeverityLevel severity = severity_of(severities->texts()[row.row]);
  if (severity == AlertSeverityLevel::kNone) sql_errors_->add(1);
  return severity;
}

std::string AlertRule::words_of(const Observation& row) const {
  return render_words(options_.identity, row.batch, row.row);
}

Result<void> AlertRule::process(const ColumnBatch& batch, Emitter& out) {
  if (!std::exchange(is_warm_, true) && options_.forgets_keys) {
    TRY(keys_->warm(keys_->pane(kOnlyPane), kWarmRows));
  }
  Arena arena;
  conditions_ = evaluate(batch, arena);
  std::vector<ColumnPtr> key_columns;
  for (const std::size_t column : options_.identity.key_columns) {
    key_columns.push_back(batch.columns[column]);
  }
  const BatchKeys& keys = keys_of(key_columns, batch.selection);
  Table::Pane& known = keys_->pane(kOnlyPane);
  const RowMeta& meta = *batch.meta;
  const bool ordered = options_.order == Order::kEvent;
  const bool one_clock = meta.clock.empty();
  // Most rows are of keys that are well, of which nothing is known: a look at a few bits tells. Not
  // where a row may be of an instant that its clock has not reached.
  const KeyFilter* const filter =
      options_.forgets_keys && ordered && !meta.ahead ? &keys_->filter(known) : nullptr;
  std::optional<std::size_t> passed_over;
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    const bool raises = is_true(*conditions_.raise, row);
    const bool is_well = filter != nullptr && !raises && !filter->may_hold(keys.hash(n));
    // What was due before it is done when the next row that matters comes; that is the same order
    // as long as there is one clock.
    if (is_well && one_clock) {
      passed_over = row;
      continue;
    }
    const ClockId clock = meta.clock_of(row);
    TRY(pass(clock, meta, row));
    if (is_well) continue;
    const Micros time = meta.event_time[row];
    const Micros reached = ordered && !meta.ahead ? time : progress(clock).applied;
    if (options_.forgets_keys && !raises && time <= reached &&
        keys_->find(known, keys.key(n), keys.hash(n)) == nullptr) {
      if (keys_->has_error()) return *keys_->take_error();
      continue;
    }
    const Observation seen{.batch = batch,
                           .row = row,
                           .time = time,
                           .raise = raises,
                           .clear = is_true(*conditions_.clear, row),
                           .key = keys.key(n),
                           .hash = keys.hash(n)};
    TRY(apply_row(clock, seen, reached));
  }
  if (passed_over) TRY(pass(/*clock=*/0, meta, *passed_over));
  conditions_ = {};
  output_.flush(out);
  return {};
}

/// What the clock has passed before the row is done.
Result<void> AlertRule::pass(ClockId clock, const RowMeta& meta, std::size_t row) {
  const Micros watermark = meta.watermark[row];
  Progress& mine = progress(clock);
  mine.applied = std::max(mine.applied, watermark);
  // A row in order shows that event time has come as far as that, but for its own instant.
  const bool ordered = options_.order == Order::kEvent;
  const Micros passed = ordered ? std::max(watermark, meta.event_time[row] - 1) : watermark;
  if (mine.due <= passed) TRY(fire_until(clock, passed));
  return {};
}

Result<void> AlertRule::advance(std::span<const ClockReading> readings, Emitter& out) {
  for (const ClockReading& reading : readings) {
    Micros& applied = progress(reading.clock).applied;
    applied = std::max(applied, reading.watermark);
    TRY(fire_until(reading.clock, applied));
  }
  output_.flush(out);
  return {};
}

Result<void> AlertRule::forget(ClockId clock, Emitter&) {
  progress(clock).applied = kMinWatermark;
  return {};
}

Result<void> AlertRule::fire_until(ClockId clock, Micros until) {
  while (progress(clock).due <= until) {
    const auto change_time = timers_->first_time(clock);
    const auto reminder_time = reminders_->first_time(clock);
    const bool reminds = reminder_time && (!change_time || *reminder_time < *change_time);
    const auto time = reminds ? reminder_time : change_time;
    if (!time || *time > until) {
      progress(clock).due = time.value_or(std::numeric_limits<Micros>::max());
      return {};
    }
    const auto item = (reminds ? reminders_ : timers_)->pop(clock, *time);
    TRY(reminds ? fire_reminder(clock, item->time, item->key)
                : fire_timer(clock, item->time, item->key));
  }
  return {};
}

Result<AlertState*> AlertRule::state_of(std::string_view key, std::uint64_t hash) {
  std::byte* const row = keys_->upsert(keys_->pane(kOnlyPane), key, hash);
  if (row == nullptr) return *keys_->take_error();
  return &AlertStateRow::get(row);
}

/// Null when nothing is known of the key.
Result<AlertState*> AlertRule::known_state_of(std::string_view key) {
  const std::uint64_t hash = hash_bytes(key);
  if (keys_->find(keys_->pane(kOnlyPane), key, hash) == nullptr) {
    if (auto error = keys_->take_error()) return *std::move(error);
    return nullptr;
  }
  return state_of(key, hash);
}

/// Whether nothing is to be remembered of a key that is well: nobody asks for its last row when
/// event time has reached that, since what comes behind is late, and its last episode's instant is
/// over.
bool AlertRule::forgets(const AlertState& state, Micros reached) const {
  return options_.forgets_keys && state.phase == AlertState::Phase::kNormal &&
         state.last_row <= reached && (state.revision == 0 || state.raised_at < state.last_row);
}

Result<void> AlertRule::apply_row(ClockId clock, const Observation& row, Micros reached) {
  ASSIGN_OR_RETURN(AlertState * state, state_of(row.key, row.hash));
  TRY(apply_to(clock, row, state));
  if (forgets(*state, reached)) keys_->erase(keys_->pane(kOnlyPane), row.key);
  return {};
}

Result<void> AlertRule::apply_to(ClockId clock, const Observation& row, AlertState* state) {
  if (row.time < state->last_row) {
    stale_rows_->add(1);
    return {};
  }
  state->last_row = row.time;
  if (state->key_text.empty()) options_.identity.key_text(row.batch, row.row, state->key_text);
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
void AlertRule::catch_up(ClockId clock, std::string_view key, AlertState& state, Micros until) {
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
  state.words = words_of(row);
  if (phase == AlertState::Phase::kPending) state.severity = severity_on(row);
  const Micros at = *due(state);
  if (at == row.time) {
    change(clock, row.key, state, at);
  } else {
    expect(*timers_, clock, at, row.key);
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
  state.words = words_of(row);
  // While it clears, update() has looked at that.
  if (state.phase == AlertState::Phase::kPending) {
    const AlertSeverityLevel severity = severity_on(row);
    if (severity != AlertSeverityLevel::kNone) state.severity = severity;
  }
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
  const AlertSeverityLevel severity = severity_on(row);
  if (severity == AlertSeverityLevel::kNone) return;
  const bool known = state.severity != AlertSeverityLevel::kNone;
  const AlertSeverityLevel before = known ? state.severity : options_.identity.severity;
  state.severity = severity;
  if (severity == before) return;
  output_.add(row.key, state,
              {.change = AlertChange::kUpdated,
               .at = row.time,
               .severity = severity,
               .words = words_of(row)},
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
    expect(*reminders_, clock, *at, key);
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
