// SPDX-License-Identifier: Apache-2.0
#include "config/assemble_alert.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "config/rule_version.h"
#include "connectors/formats/json_text.h"
#include "connectors/formats/key_encoder.h"
#include "engine/api/alert_schema.h"
#include "engine/sql/expression_factory.h"
#include "operators/alert_rule.h"
#include "operators/event_order.h"
#include "operators/filter_project.h"
#include "operators/flood_control.h"
#include "operators/row_history.h"
#include "operators/silence_rule.h"
#include "operators/union_by_time.h"

namespace sitrep {
namespace {

using Pieces = std::vector<AlertIdentity::TextPiece>;

/// `first_value`: where the values of expressions begin in the rows that the rule reads.
Pieces pieces_of(const TextTemplate& text, std::size_t first_value) {
  Pieces out;
  for (const TextTemplate::Piece& piece : text.pieces) {
    out.push_back({.literal = piece.literal, .column = piece.column});
    if (piece.expression) out.back().column = first_value + *piece.expression;
  }
  return out;
}

/// A JSON object of the labels, in the order of the job file.
auto labels_of(const AlertPlan& alert, std::size_t first_value) {
  std::vector<std::pair<std::string, Pieces>> labels;
  for (const auto& [name, label] : alert.labels) {
    labels.emplace_back(name, pieces_of(label, first_value));
  }
  return [labels = std::move(labels)](const ColumnBatch& batch, std::size_t row,
                                      std::string& out) {
    out.assign(1, '{');
    for (const auto& [name, label] : labels) {
      if (out.size() > 1) out += ',';
      append_json_string(out, name);
      out += ':';
      append_json_string(out, render_text(label, batch, row));
    }
    out += '}';
  };
}

AlertIdentity identity_of(const JobPlan& plan, const AlertPlan& alert) {
  const std::size_t first_value = plan.row_of(alert).schema.size() + alert.history.size();
  const auto pieces = [&](const std::optional<TextTemplate>& text) {
    return text ? pieces_of(*text, first_value) : Pieces();
  };
  AlertIdentity identity{.job = plan.spec.job.value,
                         .name = alert.name,
                         .version = rule_version(plan, alert),
                         .severity = severity_of(to_string(alert.severity)),
                         .text = pieces(alert.text),
                         .advice = pieces(alert.advice),
                         .group = pieces(alert.group),
                         .labels = {},
                         .parameters_since = {},
                         .renotify_every = alert.renotify_every,
                         .expire_after = alert.expire_after,
                         .key_columns = alert.key,
                         .key_text = {}};
  if (alert.parameters) identity.parameters_since = alert.parameters->since;
  if (!alert.labels.empty()) identity.labels = labels_of(alert, first_value);
  identity.key_text = [columns = alert.key](const ColumnBatch& batch, std::size_t row,
                                            std::string& out) {
    std::string scratch;
    out = encode_key(batch, row, columns, TimestampStyle::kRfc3339, scratch).value_or("");
  };
  return identity;
}

/// The columns of `row` that the alert reads, ascending.
std::vector<std::size_t> columns_read(const AlertPlan& alert, const Schema& row) {
  std::set<std::size_t> read(alert.key.begin(), alert.key.end());
  if (alert.parameters && alert.parameters->since) read.insert(*alert.parameters->since);
  visit_expressions(alert, [&](const sql::ExpressionPtr& expression) {
    for (const std::size_t column : sql::columns_read(*expression)) {
      if (column < row.size()) read.insert(column);
    }
  });
  visit_templates(alert, [&](const TextTemplate& text) {
    for (const TextTemplate::Piece& piece : text.pieces) {
      if (piece.column) read.insert(*piece.column);
    }
  });
  return {read.begin(), read.end()};
}

/// Whether a text says nothing that rows of one clock differ in.
bool is_of_clock(const AlertPlan& alert, const TextTemplate& text) {
  return std::ranges::all_of(text.pieces, [&](const TextTemplate::Piece& piece) {
    return !piece.expression && (!piece.column || piece.column == alert.clock);
  });
}

SilenceRule::Options silence_options(const AlertIdentity& identity, const AlertPlan& alert,
                                     std::string_view input) {
  SilenceRule::Options options{.identity = identity,
                               .silent_after = *alert.silent_after,
                               .keys_are_gateways = false,
                               .input = std::string(input),
                               .gateway_group = {}};
  options.keys_are_gateways = alert.keys_are_gateways();
  if (alert.group && is_of_clock(alert, *alert.group)) options.gateway_group = identity.group;
  return options;
}

}  // namespace

bool wants_order(const AlertPlan& alert) {
  return !alert.silent_after && alert.order == AlertOrder::kEvent;
}

MakeOperator order_operator(std::span<const AlertPlan* const> alerts, const Schema& row) {
  EventOrder::Options options{.input = row, .read = {}, .emit_late = false};
  std::set<std::size_t> read;
  for (const AlertPlan* const alert : alerts) {
    const std::vector<std::size_t> mine = columns_read(*alert, row);
    read.insert(mine.begin(), mine.end());
    options.emit_late = options.emit_late || !alert->late.topic.empty();
  }
  options.read = {read.begin(), read.end()};
  return [options] { return std::make_unique<EventOrder>(options); };
}

MakeOperator history_operator(const AlertPlan& alert) {
  return [options = RowHistory::Options{.key_columns = alert.key, .calls = alert.history}] {
    return std::make_unique<RowHistory>(options);
  };
}

MakeOperator values_operator(const AlertPlan& alert, const Schema& row) {
  FilterProject::Options options{.where = nullptr, .projections = {}};
  for (std::size_t i = 0; i < row.size(); ++i) {
    options.projections.push_back(sql::make_column(i, row.fields[i].type));
  }
  for (std::size_t i = 0; i < alert.history.size(); ++i) {
    options.projections.push_back(sql::make_column(row.size() + i, alert.history[i].type));
  }
  options.projections.insert(options.projections.end(), alert.values.begin(), alert.values.end());
  return [options] { return std::make_unique<FilterProject>(options); };
}

MakeOperator alert_operator(const JobPlan& plan, const AlertPlan& alert) {
  const AlertIdentity identity = identity_of(plan, alert);
  if (alert.silent_after) {
    return [options = silence_options(identity, alert, plan.name_of(alert.input))] {
      return std::make_unique<SilenceRule>(options);
    };
  }
  const bool ordered = wants_order(alert);
  const bool clocks_stay = std::ranges::none_of(
      plan.sources, [](const SourcePlan& source) { return source.time.clock_expire.has_value(); });
  return [options = AlertRule::Options{
              .identity = identity,
              .raise = alert.raise,
              .clear = alert.clear,
              .severity = alert.severity_of_row,
              .hold_for = alert.hold_for,
              .clear_for = alert.clear_for,
              .order = ordered ? AlertRule::Order::kEvent : AlertRule::Order::kArrival,
              .forgets_keys = ordered && clocks_stay}] {
    return std::make_unique<AlertRule>(options);
  };
}

MakeOperator alerts_sender() {
  // Flood control, and who reads what an alert says of a key, take that in the alert's order.
  const Schema& row = alert_schema();
  const UnionByTime::Options options{.row = row,
                                     .together = {*row.find("alert"), *row.find("key")}};
  return [options] { return std::make_unique<UnionByTime>(options); };
}

MakeOperator flood_operator(const JobPlan& plan) {
  const FloodPlan& flood = *plan.flood;
  FloodControl::Options options{.identity = {},
                                .rules = {},
                                .more_than = flood.spec.more_than,
                                .fewer_than = flood.spec.fewer_than,
                                .within = flood.spec.within,
                                .has_commands = flood.commands.has_value()};
  options.identity.job = plan.spec.job.value;
  options.identity.name = kFloodName;
  options.identity.version = flood_version(flood);
  options.identity.severity = severity_of(to_string(flood.spec.severity));
  for (const AlertPlan& alert : plan.alerts) {
    options.rules.push_back(
        {.name = alert.name,
         .suppressed_by = {alert.suppressed_by.begin(), alert.suppressed_by.end()},
         .one_per_group = alert.one_per_group});
  }
  return [options] { return std::make_unique<FloodControl>(options); };
}

}  // namespace sitrep
