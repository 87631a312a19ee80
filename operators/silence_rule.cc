// SPDX-License-Identifier: Apache-2.0
#include "operators/silence_rule.h"

#include <algorithm>
#include <utility>

#include "engine/api/group_key.h"

namespace sitrep {
namespace {

constexpr PaneKey kOnlyPane{.clock = 0, .end = 0};
constexpr std::string_view kReminder = "r";
constexpr std::string_view kSilent = "silent";

}  // namespace

SilenceRule::SilenceRule(const Options& options)
    : options_(options), output_(options.identity) {}

Result<void> SilenceRule::open(OperatorContext& context) {
  keys_ = &context.table("keys", std::make_unique<AlertStateRow>());
  timers_ = &context.time_queue("timers");
  return {};
}

SilenceRule::Progress& SilenceRule::progress(ClockId clock) {
  if (clock >= progress_.size()) progress_.resize(clock + 1);
  return progress_[clock];
}

Result<void> SilenceRule::process(const ColumnBatch& batch, Emitter& out) {
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    const ClockId clock = batch.meta->clock_of(row);
    Progress& mine = progress(clock);
    if (batch.meta->watermark[row] > mine.watermark) {
      mine.watermark = batch.meta->watermark[row];
      TRY(fire_until(clock, mine.watermark));
    }
    TRY(hear(batch, row, clock));
  }
  output_.flush(out);
  return {};
}

Result<void> SilenceRule::hear(const ColumnBatch& batch, std::size_t row, ClockId clock) {
  std::vector<ColumnPtr> key_columns;
  for (const std::size_t column : options_.identity.key_columns) {
    key_columns.push_back(batch.columns[column]);
  }
  std::string key;
  encode_group_key(key_columns, row, key);
  std::byte* const bytes = keys_->upsert(keys_->pane(kOnlyPane), key);
  if (bytes == nullptr) return *keys_->take_error();
  AlertState& state = AlertStateRow::get(bytes);
  const Micros time = batch.meta->event_time[row];
  const bool is_new = state.last_row == kMinWatermark;
  state.last_row = std::max(state.last_row, time);
  if (is_new) {
    options_.identity.key_text(batch, row, state.key_text);
    state.words = render_words(options_.identity, batch, row);
  }
  const bool was_silent = state.phase == AlertState::Phase::kActive;
  if (was_silent) {
    if (const auto next = output_.next_reminder(state)) timers_->erase(clock, *next, key);
    state.phase = AlertState::Phase::kNormal;
    output_.add(key, state,
                {.change = AlertChange::kCleared,
                 .at = std::max(time, state.raised_at),
                 .words = state.words,
                 .cause = kSilent},
                clock);
  }
  // One timer per key: while it is silent none runs, and a timer that finds a younger row moves on.
  if (is_new || was_silent) {
    timers_->push(clock, {.time = state.last_row + options_.silent_after,
                          .key = std::move(key),
                          .payload = {}});
  }
  return {};
}

Result<void> SilenceRule::fire_until(ClockId clock, Micros time) {
  while (auto timer = timers_->pop(clock, time)) {
    std::byte* const bytes = keys_->upsert(keys_->pane(kOnlyPane), timer->key);
    if (bytes == nullptr) return *keys_->take_error();
    AlertState& state = AlertStateRow::get(bytes);
    if (timer->payload == kReminder) {
      remind(clock, *timer, state);
      continue;
    }
    const Micros deadline = state.last_row + options_.silent_after;
    if (deadline > timer->time) {
      timers_->push(clock, {.time = deadline, .key = std::move(timer->key), .payload = {}});
      continue;
    }
    state.phase = AlertState::Phase::kActive;
    state.since = state.last_row;
    state.begin_episode(deadline);
    output_.add(timer->key, state,
                {.change = AlertChange::kRaised,
                 .at = deadline,
                 .words = state.words,
                 .cause = kSilent},
                clock);
    expect_reminder(clock, timer->key, state);
  }
  return {};
}

void SilenceRule::expect_reminder(ClockId clock, const std::string& key, const AlertState& state) {
  if (const auto at = output_.next_reminder(state)) {
    timers_->push(clock, {.time = *at, .key = key, .payload = std::string(kReminder)});
  }
}

void SilenceRule::remind(ClockId clock, const TimeQueue::Item& timer, AlertState& state) {
  // A time that is not its own was set when the job had other settings.
  if (output_.next_reminder(state) != timer.time) return expect_reminder(clock, timer.key, state);
  output_.remind(timer.key, state, timer.time, clock, kSilent);
  if (state.is_up()) return expect_reminder(clock, timer.key, state);
  // Whoever expired is not known any more.
  keys_->erase(keys_->pane(kOnlyPane), timer.key);
}

Result<void> SilenceRule::advance(std::span<const ClockReading> readings, Emitter& out) {
  for (const ClockReading& reading : readings) {
    Progress& mine = progress(reading.clock);
    mine.watermark = std::max(mine.watermark, reading.watermark);
    mine.idle = reading.idle;
    if (!reading.idle) mine.idle_since.reset();
    TRY(fire_until(reading.clock, mine.watermark));
  }
  output_.flush(out);
  return {};
}

Result<void> SilenceRule::forget(ClockId clock, Emitter&) {
  // Keys whose silence is not long enough yet still need to know how time goes on.
  if (!timers_->first_time(clock)) progress(clock) = Progress();
  return {};
}

Result<void> SilenceRule::tick(Micros now, Emitter& out) {
  for (ClockId clock = 0; clock < progress_.size(); ++clock) {
    Progress& mine = progress_[clock];
    if (!mine.idle || mine.watermark == kMinWatermark) continue;
    if (!mine.idle_since) mine.idle_since = now;
    TRY(fire_until(clock, mine.watermark + (now - *mine.idle_since)));
  }
  output_.flush(out);
  return {};
}

}  // namespace sitrep
