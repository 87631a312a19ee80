// SPDX-License-Identifier: Apache-2.0
#include "config/plan_job.h"

#include <algorithm>
#include <map>
#include <set>

#include "config/job_binding.h"
#include "config/job_stages.h"
#include "config/job_topics.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

/// SQL finds sources and streams by name, the state finds streams and alerts by name.
void check_names(const JobSpec& spec, ErrorList& errors) {
  std::map<std::string_view, std::string_view> taken;
  const auto take = [&](const PlacedText& name, std::string_view what) {
    const auto [found, is_new] = taken.emplace(name.value, what);
    if (is_new) return;
    errors.add(name.place, concat(what, " '", name.value, "': there is ",
                                  found->second == "alert" ? "an " : "a ", found->second,
                                  " of this name"));
  };
  for (const SourceSpec& source : spec.sources) take(source.name, "source");
  for (const TableSpec& table : spec.tables) take(table.source.name, "table");
  for (const StreamSpec& stream : spec.streams) take(stream.name, "stream");
  for (const AlertSpec& alert : spec.alerts) take(alert.name, "alert");
  if (spec.flood) {
    PlacedText flood;
    flood.value = kFloodName;
    flood.place = spec.flood->place;
    take(flood, "alert of flood control");
  }
}

/// mapping[i]: position in `to` of column i of `from`; 0 for columns that `to` lacks, which nothing
/// reads.
std::vector<std::size_t> mapping_of(const Schema& from, const Schema& to) {
  std::vector<std::size_t> mapping;
  for (const Field& field : from.fields) mapping.push_back(to.find(field.name).value_or(0));
  return mapping;
}

void move_columns(sql::Select& select, const std::vector<std::size_t>& mapping) {
  visit_input_expressions(select, [&](sql::ExpressionPtr& expression) {
    expression = sql::with_columns(expression, mapping);
  });
  for (sql::TableJoin& join : select.joins) {
    for (std::size_t& column : join.keys) column = mapping[column];
    for (std::size_t& column : join.table_keys) column = mapping[column];
  }
  if (!select.grouping) return;
  for (auto& column : select.grouping->key_columns) {
    if (column) column = mapping[*column];
  }
}

/// Turns positions in what a stream could see into those in what its inputs and tables give.
StreamPlan finish_stream(BoundStream bound, const JobPlan& plan) {
  for (std::size_t i = 0; i < bound.plan.inputs.size(); ++i) {
    sql::Select& select = bound.plan.query.branches[i];
    Schema& row = bound.plan.rows.emplace_back();
    std::vector<std::size_t> mapping;
    const auto add_part = [&](const Schema& visible, const Schema& given) {
      for (const std::size_t column : mapping_of(visible, given)) {
        mapping.push_back(row.size() + column);
      }
      row.fields.insert(row.fields.end(), given.fields.begin(), given.fields.end());
    };
    add_part(bound.parts[i][0], plan.schema_of(bound.plan.inputs[i]));
    for (std::size_t j = 0; j < select.joins.size(); ++j) {
      select.joins[j].first_column = row.size();
      add_part(bound.parts[i][j + 1], plan.tables[bound.plan.tables[i][j]].source.schema);
    }
    move_columns(select, mapping);
  }
  return std::move(bound.plan);
}

TablePlan finish_table(const TableSpec& spec, const SourceColumns& columns) {
  TablePlan table{.source = columns.plan(),
                  .key = {},
                  .history = spec.history,
                  .wait = spec.wait,
                  .broadcast = spec.broadcast,
                  .file = spec.file ? spec.file->value : std::string()};
  for (const PlacedText& name : spec.key) {
    table.key.push_back(table.source.schema.find(name.value).value());
  }
  return table;
}

/// Lines of a file have no timestamp of their own.
bool has_times(const TablePlan& table) {
  return table.file.empty() ||
         table.source.columns[table.source.time_column].origin != ColumnOrigin::kTimestamp;
}

AlertPlan finish_alert(BoundAlert bound, const JobPlan& plan) {
  AlertPlan& alert = bound.plan;
  const Schema& input = plan.schema_of(alert.input);
  auto mapping = mapping_of(bound.visible, input);
  std::size_t columns = input.size();
  if (alert.parameters) {
    for (std::size_t& column : alert.parameters->keys) column = mapping[column];
    const TablePlan& table = plan.tables[alert.parameters->table];
    if (has_times(table)) alert.parameters->since = columns + table.source.time_column;
    for (const std::size_t column : mapping_of(bound.parameters, table.source.schema)) {
      mapping.push_back(columns + column);
    }
    columns += table.source.schema.size();
  }
  for (std::size_t i = 0; i < alert.history.size(); ++i) mapping.push_back(columns + i);
  for (std::size_t& column : alert.key) column = mapping[column];
  // What has a clock is in the key, so it is read.
  if (alert.clock) alert.clock = mapping[*alert.clock];
  visit_expressions(alert, [&](sql::ExpressionPtr& expression) {
    expression = sql::with_columns(expression, mapping);
  });
  visit_templates(alert, [&](TextTemplate& text) {
    for (TextTemplate::Piece& piece : text.pieces) {
      if (piece.column) piece.column = mapping[*piece.column];
    }
  });
  return std::move(alert);
}

void warn_about_unused(const JobPlan& plan, ErrorList& warnings) {
  std::set<InputRef> read;
  for (const StreamPlan& stream : plan.streams) {
    read.insert(stream.inputs.begin(), stream.inputs.end());
  }
  for (const AlertPlan& alert : plan.alerts) read.insert(alert.input);
  for (std::size_t i = 0; i < plan.sources.size(); ++i) {
    if (read.contains({InputRef::Kind::kSource, i})) continue;
    warnings.add(plan.sources[i].place,
                 concat("nothing reads source '", plan.sources[i].name, "'; it is left out"));
  }
  std::set<std::size_t> joined;
  for (const StreamPlan& stream : plan.streams) {
    for (const auto& tables : stream.tables) joined.insert(tables.begin(), tables.end());
  }
  if (plan.flood && plan.flood->commands) joined.insert(*plan.flood->commands);
  for (const AlertPlan& alert : plan.alerts) {
    if (alert.parameters) joined.insert(alert.parameters->table);
  }
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    if (joined.contains(i)) continue;
    const SourcePlan& table = plan.tables[i].source;
    warnings.add(table.place, concat("nothing joins table '", table.name, "'; it is left out"));
  }
  for (std::size_t i = 0; i < plan.streams.size(); ++i) {
    const StreamPlan& stream = plan.streams[i];
    if (!stream.sinks.empty() || read.contains({InputRef::Kind::kStream, i})) continue;
    warnings.add(stream.place,
                 concat("stream '", stream.name,
                        "' has no 'to' and nothing reads it; it is computed in vain"));
  }
}

/// A corrected row comes in addition to the one that it corrects.
void warn_about_corrections(const JobPlan& plan, ErrorList& warnings) {
  for (const StreamPlan& stream : plan.streams) {
    for (const InputRef input : stream.inputs) {
      if (!stream.late || input.kind != InputRef::Kind::kStream) continue;
      const StreamPlan& read = plan.streams[input.index];
      if (!read.late || read.late->policy != LatePolicy::kUpdate) continue;
      warnings.add(stream.place, concat("stream '", stream.name, "' aggregates '", read.name,
                                        "', which corrects its rows ('policy: update'): a "
                                        "correction counts once more"));
    }
  }
}

/// What at least once, and clocks that are never idle, mean behind a cut.
void warn_about_cuts(const JobPlan& plan, ErrorList& warnings) {
  const auto warn_at = [&](SourcePlace place, const std::string& reader) {
    if (plan.spec.delivery == Delivery::kAtLeastOnce) {
      warnings.add(place, concat(reader, " is re-keyed, and 'delivery: at_least_once' may count "
                                 "the rows of the last epoch before a crash twice"));
    }
  };
  for (const StreamPlan& stream : plan.streams) {
    const bool is_cut =
        std::ranges::any_of(stream.cuts, [](const auto& cut) { return cut.has_value(); });
    if (is_cut) warn_at(stream.place, concat("stream '", stream.name, "'"));
  }
  for (const AlertPlan& alert : plan.alerts) {
    if (alert.cut) warn_at(alert.place, concat("alert '", alert.name, "'"));
  }
  if (plan.flood && plan.spec.delivery == Delivery::kAtLeastOnce) {
    warnings.add(plan.flood->spec.place,
                 "'flood_control': with 'delivery: at_least_once' it may see the alerts of the "
                 "last epoch before a crash twice");
  }
  for (const StagePlan& stage : plan.stages) {
    // No window waits for what is sent to flood control.
    const bool is_cut = std::ranges::any_of(
        stage.cuts_written, [&](std::size_t cut) { return !plan.cuts[cut].carries_alerts; });
    if (!is_cut) continue;
    for (const std::size_t index : stage.sources) {
      const SourcePlan& source = plan.sources[index];
      if (source.time.idle_after || !source.clock_column) continue;
      warnings.add(source.place,
                   concat("source '", source.name, "': with 'idle_after: never' a window over a "
                          "re-keyed ", source.schema.fields[*source.clock_column].name,
                          " waits until every partition has had a row of it"));
    }
  }
}

void warn(JobPlan& plan) {
  ErrorList warnings(plan.spec.file, plan.spec.overrides, plan.warnings);
  warn_about_unused(plan, warnings);
  warn_about_cuts(plan, warnings);
  warn_about_corrections(plan, warnings);
  warnings.sort();
}

}  // namespace

sql::InputRow JobPlan::row_of(const AlertPlan& alert) const {
  sql::InputRow row = sql::InputRow::of(schema_of(alert.input));
  row.first_part_wins = true;
  if (alert.parameters) {
    row.add(alert.parameters->name, tables[alert.parameters->table].source.schema);
  }
  return row;
}

std::optional<JobPlan> plan_job(JobSpec spec, const FunctionRegistry& functions,
                                std::vector<ConfigError>& errors) {
  JobPlan plan;
  plan.spec = std::move(spec);
  ErrorList list(plan.spec.file, plan.spec.overrides, errors);
  check_names(plan.spec, list);
  JobBinding binding(plan.spec, functions, list);
  binding.bind_sources();
  binding.bind_tables();
  binding.bind_streams();
  binding.bind_alerts();
  binding.bind_flood();
  if (list.empty()) {
    for (const SourceColumns& source : binding.sources()) plan.sources.push_back(source.plan());
    for (std::size_t i = 0; i < binding.tables().size(); ++i) {
      plan.tables.push_back(finish_table(plan.spec.tables[i], binding.tables()[i]));
    }
    for (BoundStream& stream : binding.streams()) {
      plan.streams.push_back(finish_stream(std::move(stream), plan));
    }
    for (BoundAlert& alert : binding.alerts()) {
      plan.alerts.push_back(finish_alert(std::move(alert), plan));
    }
    plan.flood = std::move(binding.flood());
    plan.cuts = std::move(binding.cuts());
    plan.stages = cut_stages(plan);
  }
  collect_topics(plan, list);
  if (!list.empty()) {
    list.sort();
    return std::nullopt;
  }
  warn(plan);
  return plan;
}

ConfigError error_at(const JobSpec& spec, SourcePlace place, std::string message) {
  std::vector<ConfigError> errors;
  ErrorList(spec.file, spec.overrides, errors).add(place, std::move(message));
  return errors.front();
}

}  // namespace sitrep
