// SPDX-License-Identifier: Apache-2.0
#pragma once
// The job, validated and bound: names resolved to positions, SQL bound to kernels' trees, columns
// that nobody reads left out, streams in the order in which rows flow, and stages (sub-topologies:
// one stage × one partition = one task). Whoever has a JobPlan need not doubt it.
// Thread-compatible.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.h"
#include "config/job_spec.h"
#include "config/text_template.h"
#include "engine/api/function_registry.h"
#include "engine/data/schema.h"
#include "engine/log/format.h"
#include "engine/sql/query.h"

namespace sitrep {

/// A source or a stream, by its position in JobPlan::sources or JobPlan::streams.
struct InputRef {
  enum class Kind { kSource, kStream };
  Kind kind = Kind::kSource;
  std::size_t index = 0;

  auto operator<=>(const InputRef&) const = default;
};

/// A topic written to, with its key columns as positions in what is written.
struct SinkPlan {
  std::string topic;
  std::vector<std::size_t> key;
  TimestampStyle timestamps = TimestampStyle::kRfc3339;
  std::optional<int> create_partitions;
  SourcePlace place;
  SinkFormat format = SinkFormat::kJson;
  /// Of kCap alone.
  std::optional<CapSpec> cap = {};
};

/// What happens to late rows; `topic` is empty for kDrop.
struct LatePlan {
  LatePolicy policy = LatePolicy::kSide;
  std::string topic;
  Micros allowed_lateness = 0;
};

struct SourcePlan {
  std::string name;
  std::vector<std::string> topics;
  /// What the decoder reads, in order, with its rules; `schema` has the same columns.
  std::vector<ColumnSpec> columns;
  Schema schema;
  /// Declared columns that are not read.
  std::vector<std::string> skipped_columns;
  /// Position of the event time.
  std::size_t time_column = 0;
  /// Position of the column whose values have a clock each; absent: one clock per partition.
  std::optional<std::size_t> clock_column;
  std::vector<std::size_t> partitioned_by;
  TimeSpec time;
  StartPolicy start = StartPolicy::kEarliest;
  GapPolicy on_gap = GapPolicy::kFail;
  SourcePlace place;
};

struct TablePlan {
  /// Its topic and event time, and what is read of it: all that is declared.
  SourcePlan source;
  /// Positions of its key in source.schema.
  std::vector<std::size_t> key;
  Micros history = 0;
  Micros wait = 0;
  bool broadcast = false;
  /// Empty: it is read from source.topics.
  std::string file;
};

/// Where the rows of an input change tasks, so that those of one key meet (decision 0007): what one
/// branch of a stream, or an alert, reads reaches it through a topic of the job's own.
struct CutPlan {
  /// Unique in the job: that of the reader, "by_camp", with its branch where it has several,
  /// "by_camp-2".
  std::string name;
  /// `<job>.<name>.repartition`.
  std::string topic;
  /// Of one that flood control reads, nothing: all alerts of the job.
  InputRef input;
  bool carries_alerts = false;
};

struct StreamPlan {
  std::string name;
  /// Bound over the inputs' schemas as they are in this plan (pruned).
  sql::Query query;
  /// inputs[i] is what query.branches[i] reads.
  std::vector<InputRef> inputs;
  /// cuts[i]: position in JobPlan::cuts of what its rows go through; absent: they stay where they
  /// are.
  std::vector<std::optional<std::size_t>> cuts;
  /// tables[i][j] is what query.branches[i].joins[j] joins, by its position in JobPlan::tables.
  std::vector<std::vector<std::size_t>> tables;
  /// rows[i]: the columns that query.branches[i] sees, those of its input and then of its tables.
  std::vector<Schema> rows;
  /// The query's output; with `policy: update` a bigint `revision` behind it.
  Schema output;
  /// Absent for a stream without windows: it has no late rows.
  std::optional<LatePlan> late;
  std::vector<SinkPlan> sinks;
  SourcePlace place;
};

/// The table whose rows the rows of an alert read (LEFT JOIN as of event time).
struct AlertParameters {
  /// Position in JobPlan::tables of a broadcast one.
  std::size_t table = 0;
  /// Its name, which qualifies its columns.
  std::string name;
  /// Positions in the alert's input of the columns that are compared with the table's key, in the
  /// order of that.
  std::vector<std::size_t> keys;
  /// Where in the row stands from when that of the table holds; absent: a file that says no times.
  std::optional<std::size_t> since;
};

/// Either `raise` and `clear`, or `silent_after`.
struct AlertPlan {
  std::string name;
  InputRef input;
  /// As in StreamPlan.
  std::optional<std::size_t> cut;
  /// Positions in the input's schema.
  std::vector<std::size_t> key;
  /// The column whose values have a clock each, where it is one.
  std::optional<std::size_t> clock;
  std::optional<AlertParameters> parameters;
  sql::ExpressionPtr raise;
  sql::ExpressionPtr clear;
  std::optional<Micros> silent_after;
  Micros hold_for = 0;
  Micros clear_for = 0;
  AlertSeverity severity = AlertSeverity::kWarning;
  /// What rows say instead; null: nothing.
  sql::ExpressionPtr severity_of_row;
  std::optional<Micros> renotify_every;
  std::optional<Micros> expire_after;
  AlertOrder order = AlertOrder::kEvent;
  /// What the rule reads is a row of the input, behind it that of its parameters, then the results
  /// of these functions across rows, and then what stands in the texts as expressions.
  std::vector<sql::HistoryCall> history;
  std::vector<sql::ExpressionPtr> values;
  /// Over the row with its parameters; advice and group may be absent.
  TextTemplate text;
  std::optional<TextTemplate> advice;
  std::optional<TextTemplate> group;
  std::vector<std::pair<std::string, TextTemplate>> labels;
  /// kDrop for kArrival and for a silence rule, which have no late rows.
  LatePlan late;
  std::vector<SinkPlan> sinks;
  std::vector<std::string> suppressed_by;
  bool one_per_group = false;
  SourcePlace place;

  /// Of a silence rule, whether its keys are what has a clock each.
  bool keys_are_gateways() const { return clock && key == std::vector{*clock}; }
};

/// What stands between all alerts and their topics; in a stage of its own, behind a cut by group.
struct FloodPlan {
  FloodSpec spec;
  std::size_t cut = 0;
  /// Position of the commands in JobPlan::tables.
  std::optional<std::size_t> commands;
  /// Of floods as alerts.
  std::vector<SinkPlan> sinks;
  /// Where records of alerts go: those with the same outputs together, so that they stay in order.
  struct Output {
    /// Over records of alerts: whether one goes there.
    sql::ExpressionPtr records;
    std::vector<SinkPlan> sinks;
  };
  std::vector<Output> outputs;
};

/// What floods are called as alerts, and their cut.
inline constexpr std::string_view kFloodName = "flood";

/// Calls `visit` for each expression of an alert, to read or to replace it.
template <typename Alert, typename Visit>
void visit_expressions(Alert& alert, const Visit& visit) {
  for (auto* const expression : {&alert.raise, &alert.clear, &alert.severity_of_row}) {
    if (*expression) visit(*expression);
  }
  for (auto& call : alert.history) {
    for (auto& argument : call.arguments) visit(argument);
  }
  for (auto& value : alert.values) visit(value);
}

/// Calls `visit` for each TextTemplate of an alert.
template <typename Alert, typename Visit>
void visit_templates(Alert& alert, const Visit& visit) {
  visit(alert.text);
  if (alert.advice) visit(*alert.advice);
  if (alert.group) visit(*alert.group);
  for (auto& [name, label] : alert.labels) visit(label);
}

/// Sources and cuts that belong together because something keyed reads rows of both, or because
/// streams of theirs join one table, the tables, and all that is computed from them.
struct StagePlan {
  /// Unique in the job: the alphabetically first of the sources and cuts read. Names of topics and
  /// state derive from it.
  std::string name;
  /// How many cuts lie before it, at most. What it reads of cuts is of stages of lower levels.
  std::size_t level = 0;
  /// Positions in JobPlan::sources.
  std::vector<std::size_t> sources;
  /// Positions in JobPlan::tables: those that its streams join, but for broadcast ones.
  std::vector<std::size_t> tables;
  /// Positions in JobPlan::cuts of those whose rows it reads, and of those that it sends rows to.
  std::vector<std::size_t> cuts_read;
  std::vector<std::size_t> cuts_written;
  /// Positions in JobPlan::streams, each after what it reads. A UNION ALL that nothing keyed reads
  /// may be in several stages, with some of its branches in each.
  std::vector<std::size_t> streams;
  /// Positions in JobPlan::alerts.
  std::vector<std::size_t> alerts;
  /// Whether it is that of flood control.
  bool controls_floods = false;
};

/// An output topic, once, whoever writes it.
struct OutputTopic {
  std::string topic;
  std::optional<int> create_partitions;
  SourcePlace place;
};

struct JobPlan {
  JobSpec spec;
  /// As in the job file, those that nothing reads included (they are in no stage).
  std::vector<SourcePlan> sources;
  /// As in the job file, those that nothing joins included.
  std::vector<TablePlan> tables;
  /// Each stream after the streams that it reads.
  std::vector<StreamPlan> streams;
  std::vector<AlertPlan> alerts;
  std::optional<FloodPlan> flood;
  std::vector<CutPlan> cuts;
  /// By level, then by name.
  std::vector<StagePlan> stages;
  std::vector<std::string> input_topics;
  /// Sinks, late rows and dead letters, by topic.
  std::vector<OutputTopic> output_topics;
  /// What is allowed but probably not meant.
  std::vector<ConfigError> warnings;

  const Schema& schema_of(InputRef input) const {
    return input.kind == InputRef::Kind::kSource ? sources[input.index].schema
                                                 : streams[input.index].output;
  }
  /// The columns that an alert sees: those of its input, then those of its parameters.
  sql::InputRow row_of(const AlertPlan& alert) const;
  std::string_view name_of(InputRef input) const {
    return input.kind == InputRef::Kind::kSource ? sources[input.index].name
                                                 : streams[input.index].name;
  }
};

/// Validates and binds `spec`. On failure returns nothing and appends at least one error.
/// `functions` may go afterwards: the plan shares what it uses of it.
std::optional<JobPlan> plan_job(JobSpec spec, const FunctionRegistry& functions,
                                std::vector<ConfigError>& errors);

/// An error at a place of `spec`'s file or overrides; for whoever finds one later (a missing
/// topic).
ConfigError error_at(const JobSpec& spec, SourcePlace place, std::string message);

}  // namespace sitrep
