// SPDX-License-Identifier: Apache-2.0
#include "operators/flood_control.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/api/alert_schema.h"
#include "engine/api/cell_form.h"
#include "engine/api/raw_bytes.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr PaneKey kOnlyPane{.clock = 0, .end = 0};
constexpr Micros kTellEvery = 60 * kMicrosPerSecond;
/// What `by` of a shelved alert begins with.
constexpr std::string_view kShelf = "shelf ";
constexpr Micros kForever = std::numeric_limits<Micros>::max();

/// Where a record's columns are.
struct Columns {
  static std::size_t at(std::string_view name) {
    const auto column = alert_schema().find(name);
    ENSURE(column.has_value(), name);
    return *column;
  }
  std::size_t id = at("id");
  std::size_t revision = at("revision");
  std::size_t alert = at("alert");
  std::size_t key = at("key");
  std::size_t group = at("group");
  std::size_t state = at("state");
  std::size_t change = at("change");
  std::size_t time = at("at");
  std::size_t since = at("since");
  std::size_t raised_at = at("raised_at");
  std::size_t severity = at("severity");
  std::size_t by = at("by");
};

const Columns& columns() {
  static const Columns kColumns;
  return kColumns;
}

/// Empty for null.
std::string text_in(const std::vector<Value>& cells, std::size_t column) {
  const auto* const text = std::get_if<std::string>(&cells[column]);
  return text == nullptr ? std::string() : *text;
}

Micros time_in(const std::vector<Value>& cells, std::size_t column) {
  const auto* const time = std::get_if<std::int64_t>(&cells[column]);
  return time == nullptr ? 0 : *time;
}

std::string saved_record(const ColumnBatch& batch, std::size_t row) {
  std::string out;
  for (const ColumnPtr& column : batch.columns) append_cell(*column, row, out);
  return out;
}

Result<std::vector<Value>> cells_of(std::string_view saved, const Schema& schema) {
  std::vector<Value> cells;
  Arena arena;
  for (const Field& field : schema.fields) {
    Column column(field.type);
    if (!take_cell(saved, column, arena)) return corrupt("a saved record of an alert is damaged");
    cells.push_back(column.value(0));
  }
  return cells;
}

/// The key of a table of one text column.
std::string table_key(std::string_view text) {
  Column column(Type::kText);
  column.append_text(text);
  std::string key;
  append_cell(column, 0, key);
  return key;
}

/// What people and machines do is told by the second.
Micros seconds(Micros time) { return time - time % kMicrosPerSecond; }

std::string of_group(const std::string& group) {
  return group.empty() ? std::string() : concat(" in ", group);
}

std::string words_of(std::string_view text, std::string_view group) {
  std::string words;
  append_sized(words, text);
  append_sized(words, group);
  append_sized(words, "");
  append_sized(words, "");
  return words;
}

}  // namespace

FloodControl::FloodControl(const Options& options)
    : options_(options),
      next_expiry_(kForever),
      floods_(options.identity),
      rows_(alert_schema()) {
  for (const Rule& rule : options_.rules) {
    rules_.emplace(rule.name, rule);
    parents_.insert(rule.suppressed_by.begin(), rule.suppressed_by.end());
  }
}

Result<void> FloodControl::open(OperatorContext& context) {
  episodes_ = &context.table("episodes", std::make_unique<FloodEpisodeRow>());
  groups_ = &context.table("groups", std::make_unique<GroupFloodRow>());
  numbers_.open(context);
  suppressed_ = &context.counter("suppressed_alerts");
  return {};
}

/// What is looked at often is made from the tables, once they are filled.
Result<void> FloodControl::load() {
  if (std::exchange(loaded_, true)) return {};
  std::optional<Error> error;
  std::vector<std::string> gone;
  TRY(episodes_->for_each(
      episodes_->pane(kOnlyPane), [&](std::string_view id, const std::byte* row) {
        const FloodEpisode& episode = FloodEpisodeRow::get(row);
        const auto cells = cells_of(episode.record, alert_schema());
        if (!cells) {
          error = cells.error();
          return;
        }
        // Of a rule that the job has no more nobody will tell the end.
        if (rule_of(text_in(*cells, columns().alert)) == nullptr) {
          gone.emplace_back(id);
          return;
        }
        Group& group = known_[text_in(*cells, columns().group)];
        group.numbers.emplace(id, episode.number);
        group.of_rule[text_in(*cells, columns().alert)].insert(episode.number);
        group.up.emplace(episode.number, Known{.id = std::string(id),
                                               .alert = text_in(*cells, columns().alert),
                                               .key = text_in(*cells, columns().key),
                                               .by = episode.by,
                                               .held_back = episode.held_back});
      }));
  if (error) return *std::move(error);
  for (const std::string& id : gone) episodes_->erase(episodes_->pane(kOnlyPane), id);
  TRY(groups_->for_each(groups_->pane(kOnlyPane), [&](std::string_view name, const std::byte*) {
    known_[std::string(name)].counts = true;
  }));
  // Settings may be others than those by which alerts were held back.
  looks_at_all_ = true;
  return {};
}

const FloodControl::Rule* FloodControl::rule_of(std::string_view alert) const {
  const auto rule = rules_.find(alert);
  return rule == rules_.end() ? nullptr : &rule->second;
}

Result<FloodEpisode*> FloodControl::episode_of(const std::string& id) {
  std::byte* const row = episodes_->upsert(episodes_->pane(kOnlyPane), id);
  if (row == nullptr) return *episodes_->take_error();
  return &FloodEpisodeRow::get(row);
}

Result<GroupFlood*> FloodControl::flood_of(const std::string& name) {
  std::byte* const row = groups_->upsert(groups_->pane(kOnlyPane), name);
  if (row == nullptr) return *groups_->take_error();
  return &GroupFloodRow::get(row);
}

// --- Records of the rules

Result<void> FloodControl::process(const ColumnBatch& batch, Emitter& out) {
  TRY(load());
  for (std::size_t n = 0; n < batch.selection.size(); ++n) TRY(take(batch, batch.selection[n]));
  flush(out);
  return {};
}

Result<void> FloodControl::take(const ColumnBatch& batch, std::size_t row) {
  const Columns& at = columns();
  Cells cells = row_values(batch, row);
  const std::string id = text_in(cells, at.id);
  const std::string name = text_in(cells, at.group);
  Group& group = known_[name];
  const auto number = group.numbers.find(id);
  const bool ends = text_in(cells, at.state) == "cleared";
  if (number == group.numbers.end() && ends) {
    // Raised before there was flood control.
    FloodEpisode unknown;
    unknown.revision = static_cast<std::uint32_t>(time_in(cells, at.revision) - 1);
    const Micros time = time_in(cells, at.time);
    put_out(std::move(cells), unknown, time, batch.meta->clock_of(row));
    return {};
  }
  ASSIGN_OR_RETURN(FloodEpisode * episode, episode_of(id));
  if (number == group.numbers.end()) {
    episode->revision = static_cast<std::uint32_t>(time_in(cells, at.revision) - 1);
    ASSIGN_OR_RETURN(episode->number, numbers_.next_key());
    group.numbers.emplace(id, episode->number);
    group.of_rule[text_in(cells, at.alert)].insert(episode->number);
    group.up.emplace(episode->number, Known{.id = id,
                                            .alert = text_in(cells, at.alert),
                                            .key = text_in(cells, at.key),
                                            .by = {},
                                            .held_back = false});
    episode->record = saved_record(batch, row);
    return take_raise(group, name, std::move(cells));
  }
  if (ends) return take_end(group, name, std::move(cells));
  episode->record = saved_record(batch, row);
  return take_news(group, name, std::move(cells));
}

Result<void> FloodControl::take_raise(Group& group, const std::string& name, Cells cells) {
  const std::string number = group.numbers.at(text_in(cells, columns().id));
  Known& known = group.up.at(number);
  known.by = reason_for(name, group, number, known, told_before(group, number, known.alert));
  // What was told before there was flood control is no raise.
  if (known.by.empty() && text_in(cells, columns().change) == "raised") {
    const bool critical = text_in(cells, columns().severity) == "critical";
    ASSIGN_OR_RETURN(known.held_back, count_raise(name, group, critical));
    known.by = reason_for(name, group, number, known, "");
  }
  ASSIGN_OR_RETURN(FloodEpisode * episode, episode_of(known.id));
  episode->by = known.by;
  episode->held_back = known.held_back;
  if (!known.by.empty()) suppressed_->add(1);
  const std::string alert = known.alert;
  const Micros time = time_in(cells, columns().time);
  put_out(std::move(cells), *episode, time, 0);
  return settle_children(name, group, alert, time);
}

Result<void> FloodControl::take_news(Group& group, const std::string& name, Cells cells) {
  const std::string number = group.numbers.at(text_in(cells, columns().id));
  Known& known = group.up.at(number);
  ASSIGN_OR_RETURN(FloodEpisode * episode, episode_of(known.id));
  const bool critical = text_in(cells, columns().severity) == "critical";
  const bool freed = known.held_back && critical;
  if (freed) {
    known.held_back = false;
    known.by = reason_for(name, group, number, known, told_before(group, number, known.alert));
  }
  episode->held_back = known.held_back;
  episode->by = known.by;
  const std::string alert = known.alert;
  const Micros time = time_in(cells, columns().time);
  put_out(std::move(cells), *episode, time, 0);
  return freed ? settle_rule(name, group, alert, time) : Result<void>();
}

Result<void> FloodControl::take_end(Group& group, const std::string& name, Cells cells) {
  const std::string id = text_in(cells, columns().id);
  const std::string alert = text_in(cells, columns().alert);
  ASSIGN_OR_RETURN(FloodEpisode * episode, episode_of(id));
  episode->by.clear();
  const Micros time = time_in(cells, columns().time);
  put_out(std::move(cells), *episode, time, 0);
  episodes_->erase(episodes_->pane(kOnlyPane), id);
  const auto number = group.numbers.find(id);
  const bool was_told = group.up.at(number->second).by.empty();
  const auto of_rule = group.of_rule.find(alert);
  of_rule->second.erase(number->second);
  if (of_rule->second.empty()) group.of_rule.erase(of_rule);
  group.up.erase(number->second);
  group.numbers.erase(number);
  TRY(settle_children(name, group, alert, time));
  // The next one of the rule takes its place.
  const Rule* const rule = rule_of(alert);
  if (was_told && rule != nullptr && rule->one_per_group) {
    TRY(settle_rule(name, group, alert, time));
  }
  if (group.up.empty() && !group.counts) known_.erase(name);
  return {};
}

void FloodControl::put_out(Cells cells, FloodEpisode& episode, Micros at, ClockId clock) {
  cells[columns().revision] = std::int64_t{++episode.revision};
  if (!episode.by.empty()) {
    cells[columns().state] = std::string("suppressed");
    cells[columns().by] = episode.by;
  }
  rows_.row(cells, at, at, clock);
  empty_ = false;
}

void FloodControl::flush(Emitter& out) {
  floods_.flush(out);
  if (std::exchange(empty_, true)) return;
  out.emit(rows_.finish());
}

// --- Who is told

/// The alert of its rule that is told and was met before `number`; empty: there is none, or the
/// rule tells them all.
std::string FloodControl::told_before(const Group& group, const std::string& number,
                                      const std::string& alert) const {
  const Rule* const rule = rule_of(alert);
  const auto of_rule = group.of_rule.find(alert);
  if (rule == nullptr || !rule->one_per_group || of_rule == group.of_rule.end()) return "";
  for (const std::string& other : of_rule->second) {
    if (other >= number) break;
    const Known& known = group.up.at(other);
    if (known.by.empty()) return known.id;
  }
  return "";
}

std::string FloodControl::reason_for(const std::string& name, const Group& group,
                                     const std::string& number, const Known& known,
                                     const std::string& told) {
  if (auto shelf = shelf_for(name, known)) return *std::move(shelf);
  const Rule* const rule = rule_of(known.alert);
  // Alerts without a group have nothing in common.
  if (rule != nullptr && !name.empty()) {
    const std::string* first = nullptr;
    for (const std::string& parent : rule->suppressed_by) {
      const auto up = group.of_rule.find(parent);
      if (up == group.of_rule.end()) continue;
      if (first == nullptr || *up->second.begin() < *first) first = &*up->second.begin();
    }
    if (first != nullptr && *first != number) {
      const Known& parent = group.up.at(*first);
      return concat(parent.alert, "/", parent.id);
    }
    if (rule->one_per_group && !told.empty()) return concat(known.alert, "/", told);
  }
  return known.held_back ? concat(options_.identity.name, name.empty() ? "" : "/", name)
                         : std::string();
}

/// Looks at all alerts of a group anew.
Result<void> FloodControl::settle(const std::string& name, Group& group, Micros at) {
  for (const auto& [alert, rule] : rules_) TRY(settle_rule(name, group, alert, at));
  return {};
}

/// Looks at those that an alert of the rule `parent`, which came or went, may hold back.
Result<void> FloodControl::settle_children(const std::string& name, Group& group,
                                           const std::string& parent, Micros at) {
  if (!parents_.contains(parent)) return {};
  for (const auto& [alert, rule] : rules_) {
    if (rule.suppressed_by.contains(parent)) TRY(settle_rule(name, group, alert, at));
  }
  return {};
}

/// Looks at all alerts of a rule in a group anew. One that is held back by another than before is
/// no news.
Result<void> FloodControl::settle_rule(const std::string& name, Group& group,
                                       const std::string& alert, Micros at) {
  const auto of_rule = group.of_rule.find(alert);
  if (of_rule == group.of_rule.end()) return {};
  std::string told;
  for (const std::string& number : of_rule->second) {
    Known& known = group.up.at(number);
    std::string by = reason_for(name, group, number, known, told);
    if (by.empty() && told.empty()) told = known.id;
    if (by == known.by) continue;
    const bool shelves = by.starts_with(kShelf) && !known.by.starts_with(kShelf);
    const bool tells = by.empty() != known.by.empty() || shelves;
    known.by = std::move(by);
    if (!tells) continue;
    TRY(change(known, known.by.empty() ? "unsuppressed" : shelves ? "shelved" : "suppressed", at));
  }
  return {};
}

/// A record of something that the rule did not say.
Result<void> FloodControl::change(const Known& known, std::string_view what, Micros when) {
  ASSIGN_OR_RETURN(FloodEpisode * episode, episode_of(known.id));
  ASSIGN_OR_RETURN(Cells cells, cells_of(episode->record, alert_schema()));
  const Columns& at = columns();
  if (episode->by.empty()) suppressed_->add(1);
  episode->by = known.by;
  episode->held_back = known.held_back;
  cells[at.change] = std::string(what);
  // A record that says since when has no raised_at.
  if (is_null(cells[at.raised_at])) cells[at.raised_at] = cells[at.time];
  cells[at.since] = Null{};
  cells[at.time] = when;
  put_out(std::move(cells), *episode, when, 0);
  return {};
}

// --- Floods

Result<bool> FloodControl::count_raise(const std::string& name, Group& group, bool critical) {
  group.counts = true;
  ASSIGN_OR_RETURN(GroupFlood * flood, flood_of(name));
  if (flood->raises.size() == GroupFlood::kRaisesMax) flood->raises.erase(flood->raises.begin());
  flood->raises.push_back(now_);
  group.next_look = now_;
  if (!flood->alert.is_up()) {
    std::erase_if(flood->raises, [&](Micros raise) { return raise <= now_ - options_.within; });
    if (flood->raises.size() <= options_.more_than) return false;
    flood->alert.phase = AlertState::Phase::kActive;
    flood->alert.since = seconds(flood->raises.front());
    flood->alert.begin_episode(seconds(now_));
    flood->held_back = flood->told = critical ? 0 : 1;
    flood->told_at = now_;
    tell_flood(name, *flood, AlertChange::kRaised);
  } else if (!critical) {
    ++flood->held_back;
  }
  return !critical;
}

void FloodControl::tell_flood(const std::string& name, GroupFlood& flood, AlertChange change) {
  const std::string limit = concat("more than ", options_.more_than, " alerts", of_group(name),
                                   " in ", format_duration(options_.within));
  const std::string text =
      change == AlertChange::kCleared
          ? concat("the flood", of_group(name), " is over; ", flood.held_back, " were held back")
          : concat(limit, "; ", flood.held_back, flood.held_back == 1 ? " is" : " are",
                   " held back");
  flood.alert.key_text = name;
  const std::string words = words_of(text, name);
  floods_.add(table_key(name), flood.alert,
              {.change = change, .at = seconds(now_), .words = words}, 0);
}

/// When time alone may do something to a group.
Micros FloodControl::next_look(const GroupFlood& flood) const {
  if (!flood.alert.is_up()) return flood.raises.front() + options_.within;
  const std::size_t count = flood.raises.size();
  const Micros ends = flood.raises[count - options_.fewer_than] + options_.within;
  return flood.told < flood.held_back ? std::min(ends, flood.told_at + kTellEvery) : ends;
}

/// What time alone does to a group. `settles`: alerts that were held back are free.
Result<void> FloodControl::pass_time(const std::string& name, Group& group, bool& settles) {
  ASSIGN_OR_RETURN(GroupFlood * flood, flood_of(name));
  std::erase_if(flood->raises, [&](Micros raise) { return raise <= now_ - options_.within; });
  const bool up = flood->alert.is_up();
  if (up && flood->raises.size() < options_.fewer_than) {
    flood->alert.phase = AlertState::Phase::kNormal;
    tell_flood(name, *flood, AlertChange::kCleared);
    for (auto& [number, known] : group.up) {
      if (!std::exchange(known.held_back, false)) continue;
      ASSIGN_OR_RETURN(FloodEpisode * episode, episode_of(known.id));
      episode->held_back = false;
    }
    settles = true;
  } else if (up && flood->told < flood->held_back && now_ - flood->told_at >= kTellEvery) {
    flood->told = flood->held_back;
    flood->told_at = now_;
    tell_flood(name, *flood, AlertChange::kUpdated);
  }
  if (!flood->raises.empty() || flood->alert.is_up()) {
    group.next_look = next_look(*flood);
    return {};
  }
  groups_->erase(groups_->pane(kOnlyPane), name);
  group.counts = false;
  return {};
}

Result<void> FloodControl::tick(Micros now, Emitter& out) {
  now_ = now;
  TRY(load());
  const bool looks = std::exchange(looks_at_all_, false) || now_ >= next_expiry_;
  if (looks) next_expiry_ = kForever;
  for (auto at = known_.begin(); at != known_.end();) {
    const std::string& name = at->first;
    Group& group = at->second;
    bool settles = looks;
    if (group.counts && now_ >= group.next_look) TRY(pass_time(name, group, settles));
    if (settles) TRY(settle(name, group, seconds(now_)));
    if (looks && commands_) {
      for (auto& [number, known] : group.up) TRY(acknowledge(known));
    }
    at = group.up.empty() && !group.counts ? known_.erase(at) : std::next(at);
  }
  flush(out);
  return {};
}

// --- Commands

Result<void> FloodControl::take_table(SharedTablePtr table) {
  commands_ = std::dynamic_pointer_cast<const VersionedTable>(table);
  ENSURE(commands_ != nullptr, "a shared table without versions");
  looks_at_all_ = true;
  return {};
}

std::optional<FloodControl::Command> FloodControl::command_for(const std::string& target) {
  if (!commands_) return std::nullopt;
  const TableVersion* const version = commands_->as_of(table_key(target), kForever);
  if (version == nullptr) return std::nullopt;
  const auto cells = cells_of(version->cells, alert_commands_schema());
  if (!cells) return std::nullopt;
  Command command;
  if (const auto* until = std::get_if<std::int64_t>(&(*cells)[1])) command.shelve_until = *until;
  const auto* const acknowledge = std::get_if<bool>(&(*cells)[2]);
  command.acknowledge = acknowledge != nullptr && *acknowledge;
  command.by = text_in(*cells, 3);
  command.reason = text_in(*cells, 4);
  return command;
}

/// An alert is shelved by its id, its rule and key, its rule, or its group.
std::optional<std::string> FloodControl::shelf_for(const std::string& name, const Known& known) {
  if (!commands_) return std::nullopt;
  for (const std::string& target :
       {known.id, concat(known.alert, "/", known.key), known.alert, concat("group:", name)}) {
    const auto command = command_for(target);
    if (!command || !command->shelve_until || *command->shelve_until <= now_) continue;
    next_expiry_ = std::min(next_expiry_, *command->shelve_until);
    std::string until;
    append_timestamp(until, *command->shelve_until);
    return concat(kShelf, target, command->by.empty() ? "" : concat(" by ", command->by),
                  " until ", until,
                  command->reason.empty() ? "" : concat(": ", command->reason));
  }
  return std::nullopt;
}

Result<void> FloodControl::acknowledge(Known& known) {
  const auto command = command_for(known.id);
  if (!command || !command->acknowledge) return {};
  ASSIGN_OR_RETURN(FloodEpisode * episode, episode_of(known.id));
  if (std::exchange(episode->acknowledged, true)) return {};
  ASSIGN_OR_RETURN(Cells cells, cells_of(episode->record, alert_schema()));
  const Columns& at = columns();
  cells[at.change] = std::string("acknowledged");
  cells[at.by] = command->reason.empty() ? command->by
                                         : concat(command->by, ": ", command->reason);
  if (is_null(cells[at.raised_at])) cells[at.raised_at] = cells[at.time];
  cells[at.since] = Null{};
  const Micros now = seconds(now_);
  cells[at.time] = now;
  if (!episode->by.empty()) cells[at.state] = std::string("suppressed");
  cells[at.revision] = std::int64_t{++episode->revision};
  rows_.row(cells, now, now, 0);
  empty_ = false;
  return {};
}

}  // namespace sitrep
