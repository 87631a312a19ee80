// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "config/job_sections.h"
#include "config/map_reader.h"
#include "config/scalar_reader.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

const Choices<AlertSeverity> kSeverities = {{"info", AlertSeverity::kInfo},
                                            {"warning", AlertSeverity::kWarning},
                                            {"critical", AlertSeverity::kCritical}};
const Choices<AlertOrder> kOrders = {{"event", AlertOrder::kEvent},
                                     {"arrival", AlertOrder::kArrival}};

std::optional<Micros> parse_time_above_0(MapReader& map, std::string_view name) {
  const ConfigNode* const node = map.find(name);
  if (node == nullptr) return std::nullopt;
  const auto time = read_duration(*node, name, map.errors());
  if (time == 0) map.errors().add(node->place, concat("'", name, "' must be above 0"));
  return time;
}

/// What decides when the alert fires: `raise` and `clear` and how long they must hold, or
/// `silent_after`.
void parse_condition(MapReader& map, const PlacedText& name, AlertSpec& alert) {
  ErrorList& errors = map.errors();
  const ConfigNode* raise = map.find("raise");
  const ConfigNode* clear = map.find("clear");
  const ConfigNode* hold = map.find("for");
  const ConfigNode* clear_for = map.find("clear_for");
  const ConfigNode* silent = map.find("silent_after");
  if ((raise == nullptr) == (silent == nullptr)) {
    errors.add(name.place, concat(map.what(), " needs either 'raise' or 'silent_after'"));
  }
  if (raise != nullptr) alert.raise = read_text(*raise, "raise", errors);
  if (clear != nullptr) alert.clear = read_text(*clear, "clear", errors);
  if (hold != nullptr) alert.hold_for = read_duration(*hold, "for", errors).value_or(0);
  if (clear_for != nullptr) {
    alert.clear_for = read_duration(*clear_for, "clear_for", errors).value_or(0);
  }
  if (silent == nullptr) return;
  alert.silent_after = parse_time_above_0(map, "silent_after");
  if (alert.parameters) {
    errors.add(alert.parameters->place, "'parameters': with 'silent_after' there is no row to look "
                                        "at that could have some");
  }
  for (const ConfigNode* node : {clear, hold, clear_for}) {
    if (node == nullptr) continue;
    errors.add(node->place,
               "'clear', 'for' and 'clear_for' do not go with 'silent_after': the next row clears");
  }
}

void parse_labels(const ConfigNode& node, AlertSpec& alert, ErrorList& errors) {
  if (node.kind != ConfigNode::Kind::kMap) {
    errors.add(node.place, concat("'labels': expected a map of names to texts, found ",
                                  to_string(node.kind)));
    return;
  }
  for (const ConfigNode::Entry& entry : node.entries) {
    if (auto text = read_text(entry.value, concat("labels.", entry.key.value), errors)) {
      alert.labels.emplace_back(entry.key, *std::move(text));
    }
  }
}

/// The name of one, or SQL. A lone word is taken for a name, so that a misspelt one is found.
void parse_severity(const ConfigNode& node, AlertSpec& alert, ErrorList& errors) {
  const auto text = read_text(node, "severity", errors);
  if (!text) return;
  const bool is_word = std::ranges::all_of(
      text->value, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  const std::vector<std::string> names = severity_names();
  if (is_word && !alert.silent_after && std::ranges::find(names, text->value) == names.end()) {
    errors.add(text->place, concat("'severity': expected ", join(names, ", "),
                                   ", or SQL (a lone column in parentheses: (", text->value,
                                   ")); found '", text->value, "'",
                                   did_you_mean(text->value, names)));
    return;
  }
  if (is_word) {
    alert.severity = read_severity(node, errors).value_or(alert.severity);
    return;
  }
  alert.severity_sql = *text;
  if (alert.silent_after) {
    errors.add(text->place, "'severity': with 'silent_after' there is no row to look at; expected "
                            "info, warning, critical");
  }
}

}  // namespace

std::optional<AlertSeverity> read_severity(const ConfigNode& node, ErrorList& errors) {
  return read_choice(node, kSeverities, "severity", errors);
}

AlertSpec parse_alert(const PlacedText& name, const ConfigNode& node, const std::string& job,
                      ErrorList& errors) {
  AlertSpec alert;
  alert.name = name;
  MapReader map(node, concat("alert '", name.value, "'"), errors);
  if (const ConfigNode* from = map.require("from")) {
    if (auto text = read_text(*from, "from", errors)) alert.from = *std::move(text);
  }
  if (const ConfigNode* key = map.require("key")) {
    alert.key = read_texts(*key, "key", errors);
    if (key->kind == ConfigNode::Kind::kSequence && key->items.empty()) {
      errors.add(key->place, "'key': expected a column, or a list of them");
    }
  }
  if (const ConfigNode* parameters = map.find("parameters")) {
    alert.parameters = read_text(*parameters, "parameters", errors);
  }
  parse_condition(map, name, alert);
  alert.renotify_every = parse_time_above_0(map, "renotify_every");
  alert.expire_after = parse_time_above_0(map, "expire_after");
  if (const ConfigNode* severity = map.find("severity")) {
    parse_severity(*severity, alert, errors);
  }
  if (const ConfigNode* text = map.require("text")) {
    if (auto words = read_text(*text, "text", errors)) alert.text = *std::move(words);
  }
  if (const ConfigNode* advice = map.find("advice")) {
    alert.advice = read_text(*advice, "advice", errors);
  }
  if (const ConfigNode* group = map.find("group")) {
    alert.group = read_text(*group, "group", errors);
  }
  if (const ConfigNode* labels = map.find("labels")) parse_labels(*labels, alert, errors);
  if (const ConfigNode* parents = map.find("suppressed_by")) {
    alert.suppressed_by = read_texts(*parents, "suppressed_by", errors);
  }
  if (const ConfigNode* one = map.find("one_per_group")) {
    alert.one_per_group = read_boolean(*one, "one_per_group", errors).value_or(false);
  }
  if (const ConfigNode* order = map.find("order")) {
    alert.order = read_choice(*order, kOrders, "order", errors).value_or(alert.order);
  }
  alert.late = parse_late(map.find("late"), job, errors);
  if (alert.late.policy == LatePolicy::kUpdate) {
    errors.add(alert.late.place, "'late': an alert is never updated; expected side or drop");
  }
  if (alert.late.given && (alert.silent_after || alert.order == AlertOrder::kArrival)) {
    errors.add(alert.late.place,
               "'late': only an alert with 'raise' and 'order: event' has late rows");
  }
  const ConfigNode* to = map.require("to");
  alert.to = parse_sinks(to, RowsOf::kAlert, errors);
  map.refuse_others();
  return alert;
}

}  // namespace sitrep
