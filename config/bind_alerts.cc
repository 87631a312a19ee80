// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "config/job_binding.h"
#include "config/map_reader.h"
#include "engine/api/alert_schema.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

/// Everything in an alert that may name a column of its input.
std::vector<std::string_view> texts_of(const AlertSpec& spec) {
  std::vector<std::string_view> texts;
  for (const PlacedText& name : spec.key) texts.push_back(name.value);
  if (spec.raise) texts.push_back(spec.raise->value);
  if (spec.clear) texts.push_back(spec.clear->value);
  if (spec.severity_sql) texts.push_back(spec.severity_sql->value);
  texts.push_back(spec.text.value);
  if (spec.advice) texts.push_back(spec.advice->value);
  if (spec.group) texts.push_back(spec.group->value);
  for (const auto& [name, label] : spec.labels) texts.push_back(label.value);
  return texts;
}

/// A column of the input that is compared with one of the table's key.
std::optional<std::string> key_complaint(const AlertSpec& spec, const Schema& visible,
                                         const Field& key) {
  const auto column = visible.find(key.name);
  if (!column) {
    return concat("'parameters': '", spec.from.value, "' has no column '", key.name,
                  "', which is in the key of table '", spec.parameters->value, "'",
                  did_you_mean(key.name, visible.names()),
                  "; name one so in a stream and let the alert read that");
  }
  const Type type = visible.fields[*column].type;
  if (type == key.type) return std::nullopt;
  return concat("'parameters': '", key.name, "' is ", to_string(type), " in '", spec.from.value,
                "' and ", to_string(key.type), " in table '", spec.parameters->value,
                "'; expected the same type");
}

sql::ExpressionPtr negation_of(const sql::ExpressionPtr& condition) {
  auto negation = std::make_shared<sql::Expression>();
  negation->kind = sql::ExpressionKind::kNot;
  negation->type = Type::kBoolean;
  negation->arguments.push_back(condition);
  return negation;
}

/// Only rows that are put in event-time order can come too late for it.
LatePlan late_of(const AlertSpec& spec) {
  if (spec.silent_after || spec.order == AlertOrder::kArrival) {
    return {.policy = LatePolicy::kDrop, .topic = "", .allowed_lateness = 0};
  }
  return {.policy = spec.late.policy, .topic = spec.late.topic.value, .allowed_lateness = 0};
}

}  // namespace

void JobBinding::bind_alerts() {
  for (const AlertSpec& spec : spec_.alerts) {
    if (auto alert = bind_alert(spec)) alerts_.push_back(*std::move(alert));
  }
}

std::optional<BoundAlert> JobBinding::bind_alert(const AlertSpec& spec) {
  const auto input = find(spec.from.value);
  if (!input) {
    if (!failed(spec.from.value)) {
      errors_.add(spec.from.place, concat("'from': there is no source or stream '",
                                          spec.from.value, "'",
                                          did_you_mean(spec.from.value, names())));
    }
    return std::nullopt;
  }
  BoundAlert alert;
  alert.spec = &spec;
  std::vector<std::string_view> texts = texts_of(spec);
  // Whatever the key of its parameters is called, its input may have it too.
  for (const TableSpec& table : spec_.tables) {
    if (!spec.parameters || table.source.name.value != spec.parameters->value) continue;
    for (const PlacedText& name : table.key) texts.push_back(name.value);
  }
  alert.visible = visible(*input, texts);
  alert.row = sql::InputRow::of(alert.visible);
  alert.row.first_part_wins = true;
  AlertPlan& plan = alert.plan;
  plan.name = spec.name.value;
  plan.place = spec.name.place;
  plan.input = *input;
  plan.silent_after = spec.silent_after;
  plan.hold_for = spec.hold_for;
  plan.clear_for = spec.clear_for;
  plan.renotify_every = spec.renotify_every;
  plan.expire_after = spec.expire_after;
  plan.severity = spec.severity;
  plan.order = spec.order;
  plan.late = late_of(spec);
  plan.sinks = plan_alert_sinks(spec.to);
  bool good = bind_key(alert);
  // What its other texts mean depends on them.
  if (!bind_parameters(alert, texts)) return std::nullopt;
  good = bind_conditions(alert) && good;
  good = bind_text(alert) && good;
  if (!good) return std::nullopt;
  need_columns_of(alert);
  return alert;
}

std::vector<SinkPlan> JobBinding::plan_alert_sinks(const std::vector<SinkSpec>& sinks) {
  std::vector<SinkPlan> plans = plan_sinks(sinks, alert_schema());
  for (SinkPlan& sink : plans) {
    // All changes of one alert and key in one partition, in order.
    if (sink.key.empty()) sink.key = {*alert_schema().find("key")};
  }
  return plans;
}

bool JobBinding::bind_key(BoundAlert& alert) {
  bool good = true;
  for (const PlacedText& name : alert.spec->key) {
    const auto column = alert.visible.find(name.value);
    if (column) {
      alert.plan.key.push_back(*column);
      continue;
    }
    errors_.add(name.place, concat("'key': '", alert.spec->from.value, "' has no column '",
                                   name.value, "'",
                                   did_you_mean(name.value, alert.visible.names())));
    good = false;
  }
  if (!good || alert.spec->key.empty()) return false;
  const Lineage rows = lineage(alert.plan.input, alert.visible);
  if (needs_cut(rows, alert.plan.key)) {
    alert.plan.cut = add_cut(alert.plan.name, alert.plan.input);
  }
  alert.plan.clock = clock_column(rows);
  const auto complaint = clock_complaint(rows, alert.plan.key, "'key'");
  if (complaint) errors_.add(alert.spec->key.front().place, *complaint);
  return !complaint;
}

bool JobBinding::bind_parameters(BoundAlert& alert, std::span<const std::string_view> texts) {
  const auto& name = alert.spec->parameters;
  if (!name) return true;
  const auto table = find_table(name->value);
  if (!table) {
    errors_.add(name->place, concat("'parameters': there is no table '", name->value, "'",
                                    did_you_mean(name->value, table_names())));
    return false;
  }
  const auto shape = table_shape(*table, texts);
  if (!shape) return false;
  bool good = true;
  const auto complain_of = [&](std::string message) {
    errors_.add(name->place, std::move(message));
    good = false;
  };
  if (!spec_.tables[*table].broadcast) {
    complain_of(concat("'parameters': table '", name->value, "' is held by partition; set "
                       "'broadcast: true' there, or join it in a stream and let the alert read "
                       "that"));
  }
  AlertParameters parameters{.table = *table, .name = name->value, .keys = {}, .since = {}};
  for (const std::size_t key : shape->key) {
    const Field& field = shape->schema.fields[key];
    if (auto complaint = key_complaint(*alert.spec, alert.visible, field)) {
      complain_of(*std::move(complaint));
    } else {
      parameters.keys.push_back(*alert.visible.find(field.name));
    }
  }
  alert.plan.parameters = std::move(parameters);
  alert.parameters = shape->schema;
  alert.row.add(name->value, alert.parameters);
  return good;
}

/// Functions across rows need rows that come one by one, in the order of event time.
sql::LoneOptions JobBinding::lone_options(BoundAlert& alert) const {
  const bool ordered = alert.spec->raise && alert.spec->order == AlertOrder::kEvent;
  return {.row = alert.row,
          .functions = functions_,
          .history = ordered ? &alert.plan.history : nullptr};
}

/// The texts that stand in it as results; what it makes of columns is known on each row only.
bool JobBinding::check_severities(const sql::Expression& severity, const PlacedText& text) {
  using Kind = sql::ExpressionKind;
  bool good = true;
  for (std::size_t i = 0; i < severity.arguments.size(); ++i) {
    const bool is_condition = severity.kind == Kind::kCase && i % 2 == 0 &&
                              i + 1 < severity.arguments.size();
    const bool is_result = severity.kind == Kind::kCase || severity.kind == Kind::kCoalesce;
    if (!is_result || is_condition) continue;
    good = check_severities(*severity.arguments[i], text) && good;
  }
  const auto* const name = std::get_if<std::string>(&severity.literal);
  if (severity.kind != Kind::kLiteral || name == nullptr) return good;
  const std::vector<std::string> names = severity_names();
  if (std::ranges::find(names, *name) != names.end()) return good;
  errors_.add(text.place, concat("'severity': expected ", join(names, ", "), "; found '", *name,
                                 "'", did_you_mean(*name, names)));
  return false;
}

bool JobBinding::bind_conditions(BoundAlert& alert) {
  const AlertSpec& spec = *alert.spec;
  if (!spec.raise) return true;
  const auto bind = [&](const PlacedText& text, const auto& bind_as) {
    sql::Diagnostics diagnostics;
    auto bound = bind_as(text.value, lone_options(alert), diagnostics);
    complain(text, diagnostics);
    return bound;
  };
  alert.plan.raise = bind(*spec.raise, sql::bind_condition);
  if (spec.clear) {
    alert.plan.clear = bind(*spec.clear, sql::bind_condition);
  } else if (alert.plan.raise) {
    alert.plan.clear = negation_of(alert.plan.raise);
  }
  if (spec.severity_sql) {
    alert.plan.severity_of_row = bind(*spec.severity_sql, sql::bind_severity);
    if (!alert.plan.severity_of_row) return false;
    if (!check_severities(*alert.plan.severity_of_row, *spec.severity_sql)) return false;
  }
  return alert.plan.raise && alert.plan.clear;
}

bool JobBinding::bind_text(BoundAlert& alert) {
  bool good = true;
  const BindExpression bind_value =
      [&](std::string_view text, sql::Diagnostics& diagnostics) -> std::optional<std::size_t> {
    auto value = sql::bind_value(text, lone_options(alert), diagnostics);
    if (!value) return std::nullopt;
    alert.plan.values.push_back(std::move(value));
    return alert.plan.values.size() - 1;
  };
  const auto bind = [&](const PlacedText& text) {
    sql::Diagnostics diagnostics;
    auto bound = parse_text_template(text.value, alert.row.schema, bind_value, diagnostics);
    complain(text, diagnostics);
    good = good && bound;
    return std::move(bound).value_or(TextTemplate());
  };
  const AlertSpec& spec = *alert.spec;
  alert.plan.text = bind(spec.text);
  if (spec.advice) alert.plan.advice = bind(*spec.advice);
  if (spec.group) alert.plan.group = bind(*spec.group);
  for (const auto& [name, label] : spec.labels) {
    alert.plan.labels.emplace_back(name.value, bind(label));
  }
  return good;
}

void JobBinding::need_columns_of(const BoundAlert& alert) {
  const AlertPlan& plan = alert.plan;
  need(plan.input, alert.visible, plan.key);
  if (plan.parameters) need(plan.input, alert.visible, plan.parameters->keys);
  const auto need_columns_of_row = [&](const std::vector<std::size_t>& columns) {
    for (const std::size_t column : columns) {
      // Behind the row stand results of functions.
      if (column >= alert.row.schema.size()) continue;
      if (column < alert.visible.size()) {
        need(plan.input, alert.visible, {column});
      } else {
        tables_[plan.parameters->table].need(alert.row.schema.fields[column].name);
      }
    }
  };
  visit_expressions(plan, [&](const sql::ExpressionPtr& expression) {
    need_columns_of_row(sql::columns_read(*expression));
  });
  visit_templates(plan, [&](const TextTemplate& text) {
    for (const TextTemplate::Piece& piece : text.pieces) {
      if (piece.column) need_columns_of_row({*piece.column});
    }
  });
  if (plan.late.policy != LatePolicy::kDrop) need_whole_rows(plan.input);
}

}  // namespace sitrep
