// SPDX-License-Identifier: Apache-2.0
#include "operators/silence_rule.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/api/batch_keys.h"
#include "engine/api/raw_bytes.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr PaneKey kOnlyPane{.clock = 0, .end = 0};
constexpr std::string_view kKeySilent = "silent";
constexpr std::string_view kGatewaySilent = "gateway silent";
/// Before the name of a gateway where group keys stand too: theirs begin with 0 or 1.
constexpr char kGatewayMark = '\2';
/// Each row asks whether its key is silent: most are not, and the image need not be asked.
constexpr std::size_t kWarmEpisodes = 100'000;
/// So many rows before its turn a key's slot is fetched, then what the slot points to, and what
/// that does.
constexpr std::size_t kSlotAhead = 24;
constexpr std::size_t kPlaceAhead = 16;
constexpr std::size_t kEntryAhead = 8;
/// So long after what lay in the inputs at a restart was read, idleness that began before counts:
/// by then who writes them has begun too, and said which of its clocks are not idle.
constexpr Micros kSettle = 30 * kMicrosPerSecond;
constexpr Micros kEndOfTime = std::numeric_limits<Micros>::max();

PaneKey pane_of(ClockId clock) { return {.clock = clock, .end = 0}; }

std::string key_of(const GatewayState& gateway) {
  return std::string(1, kGatewayMark) + gateway.alert.key_text;
}

}  // namespace

SilenceRule::SilenceRule(const Options& options)
    : options_(options), output_(options.identity) {}

Result<void> SilenceRule::open(OperatorContext& context) {
  clocks_ = &context.clocks();
  partition_ = context.partition();
  keys_ = &context.numbered_keys("keys");
  times_ = &context.numbered_times("heard");
  episodes_ = &context.table("episodes", std::make_unique<AlertStateRow>());
  gateways_ = &context.table("gateways", std::make_unique<GatewayStateRow>());
  idle_ = &context.table("idle", std::make_unique<IdleClockRow>());
  caught_up_ = &context.caught_up();
  timers_.emplace(*keys_);
  reminders_ = &context.time_queue("reminders");
  return {};
}

// --- Clocks

SilenceRule::Progress& SilenceRule::progress(ClockId clock) {
  if (clock >= progress_.size()) progress_.resize(clock + 1);
  return progress_[clock];
}

SilenceRule::Progress& SilenceRule::revived(ClockId clock) {
  Progress& mine = progress(clock);
  if (mine.forgotten) {
    end_idleness(clock);
    mine = {.quiet = true};
  }
  return mine;
}

Result<void> SilenceRule::recall() {
  if (std::exchange(recalled_, true)) return {};
  for (const PaneKey& pane : idle_->panes()) {
    const std::byte* const row = idle_->find(idle_->pane(pane), "");
    if (row == nullptr) {
      if (auto error = idle_->take_error()) return *std::move(error);
      continue;
    }
    Progress& mine = progress(pane.clock);
    mine.unheard = IdleClockRow::get(row);
    mine.recalled = true;
  }
  return recall_timers();
}

Result<void> SilenceRule::recall_timers() {
  const std::vector<std::uint32_t> numbers = keys_->numbers();
  if (numbers.empty()) return {};
  std::vector<bool> is_silent(std::size_t{numbers.back()} + 1);
  if (Table::Pane* const episodes = episodes_->find_pane(kOnlyPane)) {
    TRY(episodes_->for_each(*episodes, [&](std::string_view key, const std::byte* row) {
      if (!AlertStateRow::get(row).is_up()) return;
      if (const auto number = keys_->find(key)) is_silent[*number] = true;
    }));
  }
  for (const std::uint32_t number : numbers) {
    if (!is_silent[number]) wait_for_key(keys_->at(number).clock, number);
  }
  return {};
}

/// One timer per key that is not silent; one that finds that its key was heard later moves on.
void SilenceRule::wait_for_key(ClockId clock, std::uint32_t number) {
  timers_->push(clock, {.time = times_->at(number) + options_.silent_after, .number = number});
}

Result<void> SilenceRule::remember(ClockId clock, const IdleClock& idle) {
  std::byte* const row = idle_->upsert(idle_->pane(pane_of(clock)), "");
  if (row == nullptr) return *idle_->take_error();
  IdleClockRow::get(row) = idle;
  progress(clock).unheard = idle;
  return {};
}

void SilenceRule::end_idleness(ClockId clock) {
  Progress& mine = progress(clock);
  if (!mine.unheard) return;
  mine.unheard.reset();
  mine.recalled = false;
  idle_->drop(pane_of(clock));
}

Result<void> SilenceRule::advance(std::span<const ClockReading> readings, Emitter& out) {
  TRY(recall());
  for (const ClockReading& reading : readings) {
    Progress& mine = reading.idle ? progress(reading.clock) : revived(reading.clock);
    // A restart is told where the clocks stand: nothing new.
    const bool is_first = mine.watermark == kMinWatermark;
    const bool moved = reading.watermark > mine.watermark;
    mine.watermark = std::max(mine.watermark, reading.watermark);
    mine.idle = reading.idle;
    mine.quiet = mine.quiet || reading.idle;
    if (!reading.idle || moved) mine.idle_since.reset();
    // Who writes the input may have begun anew: that it is not idle alone is no word of the clock.
    if (!reading.idle && moved && !is_first) end_idleness(reading.clock);
    if (options_.keys_are_gateways) {
      TRY(fire_keys(reading.clock, mine.watermark));
    } else if (!reading.idle && moved && !is_first) {
      // It may speak of what this rule is not given.
      ASSIGN_OR_RETURN(const GatewayState* known, find_gateway(reading.clock));
      if (known != nullptr && known->alert.is_up() && mine.watermark > known->alert.last_row) {
        ASSIGN_OR_RETURN(GatewayState * speaks, gateway(reading.clock));
        hear_gateway(reading.clock, *speaks, mine.watermark);
      }
      TRY(fire_keys(reading.clock, mine.watermark));
    }
    TRY(fire_reminders(reading.clock, mine.watermark));
  }
  output_.flush(out);
  return {};
}

Result<void> SilenceRule::forget(ClockId clock, Emitter&) {
  TRY(recall());
  Progress& mine = progress(clock);
  if (!timers_->first_time(clock) && !reminders_->first_time(clock)) {
    end_idleness(clock);
    mine = Progress();
    return {};
  }
  mine.idle = true;
  mine.forgotten = true;
  return {};
}

/// After a restart nobody speaks of a clock that was forgotten before.
void SilenceRule::wait_for_forgotten() {
  if (std::exchange(ticked_, true)) return;
  const auto wait_from = [&](ClockId clock, Micros watermark) {
    Progress& mine = progress(clock);
    if (mine.watermark == kMinWatermark) {
      mine.watermark = watermark;
      mine.idle = true;
      mine.forgotten = true;
    }
  };
  for (const ClockId clock : timers_->clocks()) {
    wait_from(clock, *timers_->first_time(clock) - options_.silent_after);
  }
  // Of keys that are silent there are only these: they were told of last so long before.
  const AlertIdentity& identity = options_.identity;
  const Micros again = std::min(identity.renotify_every.value_or(kEndOfTime),
                                identity.expire_after.value_or(kEndOfTime));
  for (const ClockId clock : reminders_->clocks()) {
    if (again != kEndOfTime) wait_from(clock, *reminders_->first_time(clock) - again);
  }
}

Result<void> SilenceRule::tick(Micros now, Emitter& out) {
  TRY(recall());
  wait_for_forgotten();
  if (!caught_up_at_ && *caught_up_) caught_up_at_ = now;
  for (ClockId clock = 0; clock < progress_.size(); ++clock) {
    const Progress& mine = progress_[clock];
    if (mine.idle && mine.watermark != kMinWatermark) TRY(wait_for_gateway(clock, now));
  }
  output_.flush(out);
  return {};
}

// --- Gateways

Result<GatewayState*> SilenceRule::gateway(ClockId clock) {
  std::byte* const row = gateways_->upsert(gateways_->pane(pane_of(clock)), "");
  if (row == nullptr) return *gateways_->take_error();
  return &GatewayStateRow::get(row);
}

Result<GatewayState*> SilenceRule::known_gateway(ClockId clock) {
  ASSIGN_OR_RETURN(const GatewayState* const known, find_gateway(clock));
  if (known == nullptr) return nullptr;
  return gateway(clock);
}

Result<const GatewayState*> SilenceRule::find_gateway(ClockId clock) {
  Table::Pane* const pane = gateways_->find_pane(pane_of(clock));
  if (pane == nullptr) return nullptr;
  const std::byte* const row = gateways_->find(*pane, "");
  if (row != nullptr) return &GatewayStateRow::get(row);
  if (auto error = gateways_->take_error()) return *std::move(error);
  return nullptr;
}

void SilenceRule::meet_gateway(const ColumnBatch& batch, std::size_t row, ClockId clock) {
  GatewayState& met = *progress(clock).heard;
  if (!met.alert.key_text.empty()) return;
  const std::string& name = clocks_->name(clock);
  met.alert.key_text = clock == 0 ? concat(options_.input, "[", partition_.value(), "]") : name;
  met.group = render_text(options_.gateway_group, batch, row);
}

void SilenceRule::hear_gateway(ClockId clock, GatewayState& gateway, Micros at) {
  AlertState& alert = gateway.alert;
  const bool was_quiet = std::exchange(progress(clock).quiet, false);
  const bool was_silent = alert.is_up();
  const bool jumped = alert.last_row != kMinWatermark &&
                      at - alert.last_row >= options_.silent_after;
  if (jumped && (was_silent || was_quiet || gateway.returning)) {
    gateway.returned_at = at;
    gateway.returning = false;
  } else if (was_silent) {
    gateway.returning = true;
  }
  if (was_silent) clear(clock, key_of(gateway), alert, at);
  alert.last_row = std::max(alert.last_row, at);
}

Result<Micros> SilenceRule::idle_time(ClockId clock, Micros now) {
  Progress& mine = progress(clock);
  if (!mine.idle_since) {
    ASSIGN_OR_RETURN(const GatewayState* const known, find_gateway(clock));
    mine.idle_since = now;
    mine.idle_from = mine.watermark;
    // It had gone on so far before a restart.
    if (known != nullptr && known->alert.is_up()) {
      mine.idle_from = std::max(mine.idle_from, known->alert.reminded_at);
    }
    const bool is_waited_for =
        known != nullptr || timers_->first_time(clock) || reminders_->first_time(clock);
    if (!mine.unheard && is_waited_for) {
      TRY(remember(clock, {.since = now, .from = mine.watermark}));
    }
  }
  const Micros time = mine.idle_from + (now - *mine.idle_since);
  if (!mine.unheard) return time;
  // The time of another machine, or a step back: it must not put the alert off.
  if (now < mine.unheard->since) TRY(remember(clock, {.since = now, .from = mine.unheard->from}));
  const Micros settle = std::min(kSettle, options_.silent_after);
  if (mine.recalled && (!caught_up_at_ || now - *caught_up_at_ < settle)) return time;
  return std::max(time, mine.unheard->from + (now - mine.unheard->since));
}

/// In processing time, from where the idle clock stands.
Result<void> SilenceRule::wait_for_gateway(ClockId clock, Micros now) {
  ASSIGN_OR_RETURN(const Micros time, idle_time(clock, now));
  ASSIGN_OR_RETURN(const GatewayState* const known, find_gateway(clock));
  const bool is_up = known != nullptr && known->alert.is_up();
  if (options_.keys_are_gateways) {
    TRY(fire_keys(clock, time));
  } else if (known != nullptr && !is_up && time >= known->alert.last_row + options_.silent_after) {
    TRY(raise_gateway(clock));
  }
  return fire_reminders(clock, time);
}

Result<void> SilenceRule::raise_gateway(ClockId clock) {
  ASSIGN_OR_RETURN(GatewayState * const silent, gateway(clock));
  AlertState& alert = silent->alert;
  alert.phase = AlertState::Phase::kActive;
  alert.since = alert.last_row;
  alert.begin_episode(alert.last_row + options_.silent_after);
  alert.words.clear();
  const std::string all =
      silent->keys == 1 ? "its only key" : concat("any of its ", silent->keys, " keys");
  append_sized(alert.words, concat("gateway ", alert.key_text, " silent: nothing from ", all,
                                   " for ", format_duration(options_.silent_after)));
  append_sized(alert.words, silent->group);
  append_sized(alert.words, "");
  append_sized(alert.words, "");
  const std::string key = key_of(*silent);
  output_.add(key, alert,
              {.change = AlertChange::kRaised,
               .at = alert.raised_at,
               .words = alert.words,
               .cause = kGatewaySilent},
              clock);
  expect_reminder(clock, key, alert);
  return {};
}

/// Neither it nor its keys are known any more.
Result<void> SilenceRule::give_up_gateway(ClockId clock) {
  while (const auto timer = timers_->pop(clock, kEndOfTime)) give_up_key(timer->number);
  gateways_->drop(pane_of(clock));
  end_idleness(clock);
  progress(clock).heard = nullptr;
  return {};
}

// --- Keys

Result<void> SilenceRule::process(const ColumnBatch& batch, Emitter& out) {
  TRY(recall());
  if (!std::exchange(is_warm_, true)) {
    Table::Pane* const episodes = episodes_->find_pane(kOnlyPane);
    if (episodes != nullptr) TRY(episodes_->warm(*episodes, kWarmEpisodes));
  }
  std::vector<ColumnPtr> key_columns;
  for (const std::size_t column : options_.identity.key_columns) {
    key_columns.push_back(batch.columns[column]);
  }
  const BatchKeys& keys = keys_of(key_columns, batch.selection);
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    const ClockId clock = batch.meta->clock_of(row);
    const Micros watermark = batch.meta->watermark[row];
    Progress& mine = revived(clock);
    if (mine.unheard) end_idleness(clock);
    if (watermark > mine.watermark) {
      mine.watermark = watermark;
      // What is due after a silence of all waits for whether this row tells of a jump.
      if (!mine.quiet || options_.keys_are_gateways) TRY(fire_keys(clock, watermark));
      TRY(fire_reminders(clock, watermark));
    }
    if (n + kSlotAhead < keys.size()) {
      keys_->prefetch_slot(keys.hash(n + kSlotAhead));
      const auto likely = keys_->prefetch_place(keys.hash(n + kPlaceAhead));
      if (likely) times_->prefetch(*likely);
      keys_->prefetch_entry(keys.hash(n + kEntryAhead));
    }
    TRY(hear(batch, row, clock, {.bytes = keys.key(n), .hash = keys.hash(n)}));
  }
  for (const ClockId clock : heard_) progress_[clock].heard = nullptr;
  heard_.clear();
  output_.flush(out);
  return {};
}

Result<void> SilenceRule::hear(const ColumnBatch& batch, std::size_t row, ClockId clock,
                               const Key& key) {
  // A row that comes late tells all the same that its key speaks at the time of its clock.
  const Micros at = std::max(batch.meta->event_time[row], batch.meta->watermark[row]);
  Progress& mine = progress(clock);
  if (!options_.keys_are_gateways) {
    if (mine.heard == nullptr) {
      ASSIGN_OR_RETURN(mine.heard, gateway(clock));
      heard_.push_back(clock);
      meet_gateway(batch, row, clock);
    }
    hear_gateway(clock, *mine.heard, at);
  }
  const auto number = keys_->find(key.bytes, key.hash);
  if (!number) {
    meet_key(batch, row, clock, key, at);
    return {};
  }
  times_->set(*number, std::max(times_->at(*number), at));
  return speak(clock, key, *number, at);
}

// The words of a key that is known: the key as a person reads it, behind its length, and the words
// of its first row (render_words).
void SilenceRule::meet_key(const ColumnBatch& batch, std::size_t row, ClockId clock, const Key& key,
                           Micros at) {
  std::string key_text;
  options_.identity.key_text(batch, row, key_text);
  std::string words;
  append_sized(words, key_text);
  words += render_words(options_.identity, batch, row);
  const std::uint32_t number = times_->add(at);
  keys_->add(number, {.key = key.bytes, .words = words, .clock = clock}, key.hash);
  if (progress(clock).heard != nullptr) ++progress(clock).heard->keys;
  wait_for_key(clock, number);
}

Result<AlertState*> SilenceRule::episode(const Key& key) {
  std::byte* const row = episodes_->upsert(episodes_->pane(kOnlyPane), key.bytes, key.hash);
  if (row == nullptr) return *episodes_->take_error();
  return &AlertStateRow::get(row);
}

Result<AlertState*> SilenceRule::known_episode(const Key& key) {
  Table::Pane* const pane = episodes_->find_pane(kOnlyPane);
  if (pane == nullptr) return nullptr;
  if (episodes_->find(*pane, key.bytes, key.hash) != nullptr) return episode(key);
  if (auto error = episodes_->take_error()) return *std::move(error);
  return nullptr;
}

Result<void> SilenceRule::speak(ClockId clock, const Key& key, std::uint32_t number, Micros at) {
  ASSIGN_OR_RETURN(AlertState* const silent, known_episode(key));
  if (silent == nullptr) return {};
  if (silent->is_up()) {
    clear(clock, key.bytes, *silent, at);
    keys_->move(number, clock);
    wait_for_key(clock, number);
  }
  // Two silences that begin at one instant must be told apart: then the first is remembered.
  if (times_->at(number) + options_.silent_after > silent->raised_at) {
    episodes_->erase(episodes_->pane(kOnlyPane), key.bytes);
  }
  return {};
}

Result<void> SilenceRule::raise_key(ClockId clock, std::uint32_t number, Micros at) {
  const NumberedKeys::Entry known = keys_->at(number);
  ASSIGN_OR_RETURN(AlertState* const silent, episode(named(known.key)));
  silent->phase = AlertState::Phase::kActive;
  silent->since = times_->at(number);
  silent->last_row = silent->since;
  std::string_view words = known.words;
  std::string_view key_text;
  if (!take_sized(words, key_text)) return corrupt("what a silence rule knows of a key is damaged");
  silent->key_text = key_text;
  silent->words = words;
  silent->begin_episode(at);
  output_.add(known.key, *silent,
              {.change = AlertChange::kRaised,
               .at = at,
               .words = silent->words,
               .cause = cause_of(known.key)},
              clock);
  expect_reminder(clock, std::string(known.key), *silent);
  return {};
}

void SilenceRule::give_up_key(std::uint32_t number) {
  episodes_->erase(episodes_->pane(kOnlyPane), keys_->at(number).key);
  keys_->remove(number);
  times_->remove(number);
}

Result<void> SilenceRule::fire_keys(ClockId clock, Micros time) {
  const auto first = timers_->first_time(clock);
  if (!first || *first > time) return {};
  ASSIGN_OR_RETURN(const GatewayState* const through, find_gateway(clock));
  if (through != nullptr && through->alert.is_up()) return {};
  const Micros returned_at = through == nullptr ? kMinWatermark : through->returned_at;
  while (const auto timer = timers_->pop(clock, time)) {
    const Micros heard = std::max(times_->at(timer->number), returned_at);
    const Micros deadline = heard + options_.silent_after;
    if (deadline > timer->time) {
      timers_->push(clock, {.time = deadline, .number = timer->number});
    } else {
      TRY(raise_key(clock, timer->number, deadline));
    }
  }
  return {};
}

// --- Of both

std::string_view SilenceRule::cause_of(std::string_view key) const {
  return options_.keys_are_gateways || key.front() == kGatewayMark ? kGatewaySilent : kKeySilent;
}

void SilenceRule::clear(ClockId clock, std::string_view key, AlertState& state, Micros at) {
  if (const auto next = output_.next_reminder(state)) reminders_->erase(clock, *next, key);
  state.phase = AlertState::Phase::kNormal;
  output_.add(key, state,
              {.change = AlertChange::kCleared,
               .at = std::max(at, state.raised_at),
               .words = state.words,
               .cause = cause_of(key)},
              clock);
}

void SilenceRule::expect_reminder(ClockId clock, const std::string& key, const AlertState& state) {
  if (const auto at = output_.next_reminder(state)) {
    reminders_->push(clock, {.time = *at, .key = key, .payload = {}});
  }
}

Result<void> SilenceRule::fire_reminders(ClockId clock, Micros time) {
  while (const auto timer = reminders_->pop(clock, time)) {
    ASSIGN_OR_RETURN(GatewayState * const through, known_gateway(clock));
    if (timer->key.front() == kGatewayMark) {
      if (through != nullptr && remind(clock, *timer, through->alert)) {
        TRY(give_up_gateway(clock));
      }
      continue;
    }
    ASSIGN_OR_RETURN(AlertState* const silent, known_episode(named(timer->key)));
    if (silent == nullptr || !remind(clock, *timer, *silent)) continue;
    if (const auto number = keys_->find(timer->key)) give_up_key(*number);
    if (through != nullptr && through->keys > 0) --through->keys;
  }
  return {};
}

bool SilenceRule::remind(ClockId clock, const TimeQueue::Item& timer, AlertState& state) {
  // A time that is not its own was set when the job had other settings.
  const bool is_due = output_.next_reminder(state) == timer.time;
  if (is_due) output_.remind(timer.key, state, timer.time, clock, cause_of(timer.key));
  expect_reminder(clock, timer.key, state);
  return is_due && !state.is_up();
}

}  // namespace sitrep
