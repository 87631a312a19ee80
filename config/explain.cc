// SPDX-License-Identifier: Apache-2.0
#include "config/explain.h"

#include <algorithm>
#include <cmath>

#include "config/expression_text.h"
#include "config/job_topics.h"
#include "config/rule_version.h"
#include "config/state_estimate.h"
#include "engine/api/alert_schema.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr std::size_t kLabelColumns = 14;

/// Headings and labelled lines, indented by level.
class Outline {
 public:
  void heading(int level, std::string_view text) {
    if (level == 0 && !text_.empty()) text_ += "\n";
    indent(level);
    text_ += concat(text, "\n");
  }
  void line(int level, std::string_view label, std::string_view text) {
    if (text.empty()) return;
    indent(level);
    text_ += label;
    text_.append(label.size() < kLabelColumns ? kLabelColumns - label.size() : 1, ' ');
    text_ += concat(text, "\n");
  }
  std::string take() { return std::move(text_); }

 private:
  void indent(int level) { text_.append(static_cast<std::size_t>(level) * 2, ' '); }

  std::string text_;
};

std::string duration_or(const std::optional<Micros>& duration, std::string_view none) {
  return duration ? format_duration(*duration) : std::string(none);
}

std::vector<std::string> names_at(const Schema& schema, const std::vector<std::size_t>& columns) {
  std::vector<std::string> names;
  for (const std::size_t column : columns) names.push_back(schema.fields[column].name);
  return names;
}

std::string rules_of(const ColumnSpec& column) {
  std::vector<std::string> rules;
  if (column.required) rules.emplace_back("required");
  if (column.min) rules.push_back(concat("at least ", *column.min));
  if (column.max) rules.push_back(concat("at most ", *column.max));
  if (!is_null(column.default_value)) {
    rules.push_back(concat("else ", to_string(column.default_value, column.type)));
  }
  switch (column.origin) {
    case ColumnOrigin::kPayload:
      if (column.path != concat("/", column.name)) rules.push_back(concat("from ", column.path));
      break;
    case ColumnOrigin::kKey: rules.emplace_back("from the key"); break;
    case ColumnOrigin::kTimestamp: rules.emplace_back("from the message's timestamp"); break;
    case ColumnOrigin::kPartition: rules.emplace_back("from the partition number"); break;
    case ColumnOrigin::kOffset: rules.emplace_back("from the offset"); break;
    case ColumnOrigin::kHeader: rules.push_back(concat("from header ", column.path)); break;
  }
  return join(rules, ", ");
}

/// `names`: what to call the columns that it reads.
std::string call_text(const sql::HistoryCall& call, const std::vector<std::string>& names) {
  std::vector<std::string> arguments;
  for (const sql::ExpressionPtr& argument : call.arguments) {
    arguments.push_back(expression_text(*argument, names));
  }
  if (call.within > 0) {
    arguments.insert(arguments.begin() + 1, concat("'", format_duration(call.within), "'"));
  }
  return concat(to_string(call.function), "(", join(arguments, ", "), ")");
}

class Explainer {
 public:
  Explainer(const JobPlan& plan, std::span<const MemoryPart> memory)
      : plan_(plan), memory_(memory) {}

  std::string run() {
    write_job();
    for (const StagePlan& stage : plan_.stages) write_stage(stage);
    for (const TablePlan& table : plan_.tables) {
      if (!table.broadcast) continue;
      out_.heading(0, "held whole by every instance");
      write_table(table);
    }
    write_topics();
    return out_.take();
  }

 private:
  void write_job() {
    const JobSpec& spec = plan_.spec;
    out_.heading(0, concat("job ", spec.job.value));
    out_.line(1, "delivery", spec.delivery == Delivery::kExactlyOnce
                                 ? "exactly_once: nothing is lost, nothing is written twice"
                                 : "at_least_once: nothing is lost; after a crash the results of "
                                   "the last epoch may be written twice");
    out_.line(1, "epochs", concat("committed every ", format_duration(spec.commit_interval),
                                  "; state image written every ",
                                  format_duration(spec.flush_interval)));
    out_.line(1, "log", spec.kafka ? concat("kafka ", spec.kafka->brokers.value, ", group ",
                                            spec.group)
                                   : concat("files ", spec.files->directory.value));
    out_.line(1, "workers", spec.workers ? concat(*spec.workers) : "one per two CPUs");
    out_.line(1, "state", spec.state_dir);
    out_.line(1, "metrics", spec.metrics_listen.value_or("off"));
    out_.line(1, "memory", format_bytes(spec.memory_bytes));
    for (const MemoryPart& part : memory_) out_.line(2, part.name, format_bytes(part.bytes));
  }

  void write_stage(const StagePlan& stage) {
    std::vector<std::string> inputs;
    for (const std::size_t source : stage.sources) inputs.push_back(plan_.sources[source].name);
    for (const std::size_t cut : stage.cuts_read) inputs.push_back(plan_.cuts[cut].topic);
    out_.heading(0, concat("stage ", stage.name));
    out_.line(1, "tasks", concat("one per partition of ", join(inputs, ", ")));
    out_.line(1, "state topic", state_topic(plan_.spec.job.value, stage.name));
    for (const std::size_t source : stage.sources) write_source(plan_.sources[source]);
    for (const std::size_t table : stage.tables) write_table(plan_.tables[table]);
    for (const std::size_t cut : stage.cuts_read) write_received(cut);
    for (const std::size_t stream : stage.streams) write_stream(plan_.streams[stream]);
    for (const std::size_t alert : stage.alerts) write_alert(plan_.alerts[alert]);
    if (stage.controls_floods) write_flood_control();
    for (const std::size_t cut : stage.cuts_written) write_sent(cut);
  }

  void write_flood_control() {
    const FloodPlan& flood = *plan_.flood;
    out_.heading(1, "flood control");
    out_.line(2, "flood", concat("more than ", flood.spec.more_than, " alerts of a group within ",
                                 format_duration(flood.spec.within), ", until fewer than ",
                                 flood.spec.fewer_than));
    if (flood.commands) {
      out_.line(2, "commands", join(plan_.tables[*flood.commands].source.topics, ", "));
    }
    write_sinks(flood.sinks, alert_schema());
  }

  void write_received(std::size_t cut) {
    std::vector<std::string> senders;
    for (const StagePlan& stage : plan_.stages) {
      if (std::ranges::find(stage.cuts_written, cut) == stage.cuts_written.end()) continue;
      senders.push_back(stage.name);
    }
    out_.heading(1, concat("cut ", plan_.cuts[cut].name));
    out_.line(2, "topic", concat(plan_.cuts[cut].topic, ", made, checked and trimmed by sitrep"));
    out_.line(2, "from", concat("every task of stage ", join(senders, ", ")));
    out_.line(2, "clock", "the least of theirs; idle and finished ones are left out");
  }

  void write_sent(std::size_t cut) {
    const CutPlan& plan = plan_.cuts[cut];
    out_.heading(1, concat("sends ", plan.name));
    if (plan.carries_alerts) {
      out_.line(2, "from", "the alerts of this stage");
      out_.line(2, "per", "group");
      out_.line(2, "topic", plan.topic);
      return;
    }
    out_.line(2, "from", plan_.name_of(plan.input));
    for (const StreamPlan& stream : plan_.streams) {
      for (std::size_t i = 0; i < stream.cuts.size(); ++i) {
        if (stream.cuts[i] != cut) continue;
        const sql::Grouping& grouping = *stream.query.branches[i].grouping;
        const std::vector<std::string> names = plan_.schema_of(plan.input).names();
        std::vector<std::string> keys;
        for (const auto& key : grouping.keys) keys.push_back(expression_text(*key, names));
        out_.line(2, "per", keys.empty() ? "job: all rows are one group" : join(keys, ", "));
        out_.line(2, "rows", "added up per group, pane and epoch before they cross");
      }
    }
    for (const AlertPlan& alert : plan_.alerts) {
      if (alert.cut != cut) continue;
      out_.line(2, "per", join(names_at(plan_.schema_of(plan.input), alert.key), ", "));
      out_.line(2, "rows", "one by one");
    }
    out_.line(2, "topic", plan.topic);
  }

  void write_source(const SourcePlan& source) {
    out_.heading(1, concat("source ", source.name));
    out_.line(2, "topics", join(source.topics, ", "));
    out_.line(2, "start", concat(to_string(source.start), "; on a gap: ",
                                 to_string(source.on_gap)));
    out_.line(2, "partitioned", source.partitioned_by.empty()
                                    ? "each partition stands for itself"
                                    : concat("by ", join(names_at(source.schema,
                                                                  source.partitioned_by), ", ")));
    const TimeSpec& time = source.time;
    out_.line(2, "event time",
              concat(source.schema.fields[source.time_column].name, ", ",
                     format_duration(time.out_of_orderness), " out of order, at most ",
                     format_duration(time.max_future_skew), " in the future"));
    out_.line(
        2, "clock",
        concat(source.clock_column ? concat("per ", source.schema.fields[*source.clock_column].name)
                                   : "per partition",
               ", idle after ", duration_or(time.idle_after, "never"),
               time.idle_close ? concat(", closed after ", format_duration(*time.idle_close)) : "",
               time.clock_expire ? concat(", forgotten after ", format_duration(*time.clock_expire))
                                 : ""));
    for (std::size_t i = 0; i < source.columns.size(); ++i) {
      const ColumnSpec& column = source.columns[i];
      const std::string rules = rules_of(column);
      out_.line(2, i == 0 ? "reads" : "",
                concat(column.name, " ", to_string(column.type), rules.empty() ? "" : ": ", rules));
    }
    out_.line(2, "skips", join(source.skipped_columns, ", "));
  }

  void write_table(const TablePlan& table) {
    const SourcePlan& source = table.source;
    out_.heading(1, concat("table ", source.name));
    out_.line(2, "topic", join(source.topics, ", "));
    out_.line(2, "file", table.file);
    out_.line(2, "key", join(names_at(source.schema, table.key), ", "));
    const TimeSpec& time = source.time;
    out_.line(2, "event time",
              concat(source.schema.fields[source.time_column].name, ", ",
                     format_duration(time.out_of_orderness), " out of order, idle after ",
                     duration_or(time.idle_after, "never")));
    out_.line(2, "history", concat(format_duration(table.history), " behind its watermark"));
    out_.line(2, "wait", table.wait == 0
                             ? "none: rows are joined when they come"
                             : concat("rows are held for up to ", format_duration(table.wait)));
    std::vector<std::string> columns;
    for (const Field& field : source.schema.fields) {
      columns.push_back(concat(field.name, " ", to_string(field.type)));
    }
    out_.line(2, "keeps", join(columns, ", "));
  }

  void write_stream(const StreamPlan& stream) {
    out_.heading(1, concat("stream ", stream.name));
    for (std::size_t i = 0; i < stream.inputs.size(); ++i) {
      write_select(stream.query.branches[i], stream.inputs[i], stream.rows[i]);
    }
    std::vector<std::string> columns;
    for (const Field& field : stream.output.fields) {
      columns.push_back(concat(field.name, " ", to_string(field.type)));
    }
    out_.line(2, "gives", join(columns, ", "));
    if (stream.late) write_late(*stream.late);
    write_sinks(stream.sinks, stream.output);
  }

  void write_select(const sql::Select& select, InputRef input, const Schema& row) {
    std::vector<std::string> names = row.names();
    for (const sql::TableJoin& join : select.joins) {
      for (std::size_t i = join.first_column; i < names.size(); ++i) {
        names[i] = concat(join.alias, ".", row.fields[i].name);
      }
    }
    out_.line(2, "from", plan_.name_of(input));
    for (const sql::TableJoin& join : select.joins) {
      std::vector<std::string> terms;
      for (std::size_t i = 0; i < join.keys.size(); ++i) {
        terms.push_back(concat(names[join.table_keys[i]], " = ", names[join.keys[i]]));
      }
      out_.line(2, join.keeps_unmatched ? "left join" : "join",
                concat(join.table, " as of event time, ", sitrep::join(terms, ", ")));
    }
    if (select.where) out_.line(2, "where", expression_text(*select.where, names));
    if (!select.grouping) return;
    const sql::Grouping& grouping = *select.grouping;
    std::vector<std::string> grouped;
    for (const auto& key : grouping.keys) grouped.push_back(expression_text(*key, names));
    out_.line(2, "per", grouped.empty() ? "partition" : join(grouped, ", "));
    out_.line(2, "window", window_text(grouping.window));
    grouped.insert(grouped.end(), {"window_start", "window_end"});
    std::vector<std::string> aggregates;
    for (const auto& aggregate : grouping.aggregates) aggregates.push_back(aggregate.text);
    out_.line(2, "computes", join(aggregates, ", "));
    grouped.insert(grouped.end(), aggregates.begin(), aggregates.end());
    if (grouping.having) out_.line(2, "having", expression_text(*grouping.having, grouped));
    out_.line(2, "state", concat("about ", group_bytes(grouping), " bytes per key and pane (",
                                 accumulator_bytes(grouping), " in accumulators), ",
                                 open_panes(grouping.window), " open at once"));
  }

  static std::string window_text(const sql::Window& window) {
    const std::string offset =
        window.offset == 0 ? "" : concat(", offset ", format_duration(window.offset));
    if (window.slide == window.width) {
      return concat("tumbling, ", format_duration(window.width), offset);
    }
    return concat("hopping, ", format_duration(window.width), " every ",
                  format_duration(window.slide), offset);
  }

  void write_alert(const AlertPlan& alert) {
    const Schema schema = plan_.row_of(alert).qualified();
    std::vector<std::string> names = schema.names();
    out_.heading(1, concat("alert ", alert.name));
    out_.line(2, "version", rule_version(plan_, alert));
    out_.line(2, "from", plan_.name_of(alert.input));
    if (alert.parameters) {
      out_.line(2, "parameters",
                concat("of table ", alert.parameters->name, " as of event time, by ",
                       join(names_at(schema, alert.parameters->keys), ", ")));
    }
    out_.line(2, "per", join(names_at(schema, alert.key), ", "));
    for (const sql::HistoryCall& call : alert.history) {
      const bool first = names.size() == schema.size();
      names.push_back(call_text(call, names));
      out_.line(2, first ? "across rows" : "", names.back());
    }
    if (alert.silent_after) {
      out_.line(2, "raise", concat("silent for ", format_duration(*alert.silent_after)));
      out_.line(2, "gateway", gateway_text(alert));
    } else {
      const auto held = [](Micros time) {
        return time == 0 ? std::string() : concat(", for ", format_duration(time));
      };
      out_.line(2, "raise", concat(expression_text(*alert.raise, names), held(alert.hold_for)));
      out_.line(2, "clear", concat(expression_text(*alert.clear, names), held(alert.clear_for)));
      out_.line(2, "order", alert.order == AlertOrder::kEvent ? "by event time" : "by arrival");
    }
    if (!alert.labels.empty()) {
      std::vector<std::string> labels;
      for (const auto& [name, label] : alert.labels) labels.push_back(name);
      out_.line(2, "labels", join(labels, ", "));
    }
    if (alert.renotify_every) {
      out_.line(2, "told again", concat("every ", format_duration(*alert.renotify_every)));
    }
    if (alert.expire_after) {
      out_.line(2, "given up", concat("after ", format_duration(*alert.expire_after)));
    }
    out_.line(2, "severity", alert.severity_of_row
                                 ? expression_text(*alert.severity_of_row, names)
                                 : std::string(to_string(alert.severity)));
    out_.line(2, "state", concat("about ", alert_key_bytes(alert, schema), " bytes per key"));
    if (!alert.suppressed_by.empty()) {
      out_.line(2, "held back by", join(alert.suppressed_by, ", "));
    }
    if (alert.one_per_group) out_.line(2, "told", "one per group");
    write_late(alert.late);
    write_sinks(alert.sinks, alert_schema());
  }

  /// A source whose clocks are never idle nor forgotten: no clock of the rows is then.
  const SourcePlan* never_idle(InputRef input) const {
    if (input.kind == InputRef::Kind::kSource) {
      const SourcePlan& source = plan_.sources[input.index];
      return source.time.idle_after || source.time.clock_expire ? nullptr : &source;
    }
    for (const InputRef read : plan_.streams[input.index].inputs) {
      if (const SourcePlan* const source = never_idle(read)) return source;
    }
    return nullptr;
  }

  /// What a silence rule says of clocks, decision 0011.
  std::string gateway_text(const AlertPlan& alert) const {
    if (const SourcePlan* const source = never_idle(alert.input)) {
      return concat("none that source ", source->name,
                    " has rows of is silent as a whole: its 'idle_after' is never");
    }
    if (alert.keys_are_gateways()) {
      return "each key is one: its alerts have the cause 'gateway silent'";
    }
    const std::string which =
        alert.clock ? concat("per ", plan_.schema_of(alert.input).fields[*alert.clock].name)
                    : concat("per partition of ",
                             alert.cut ? plan_.cuts[*alert.cut].topic : plan_.name_of(alert.input));
    return concat(which, ": silent as a whole it is one alert, with the cause 'gateway silent', "
                  "and none of its keys is raised");
  }

  void write_late(const LatePlan& late) {
    switch (late.policy) {
      case LatePolicy::kSide: out_.line(2, "late rows", concat("to ", late.topic)); break;
      case LatePolicy::kDrop: out_.line(2, "late rows", "counted and dropped"); break;
      case LatePolicy::kUpdate:
        out_.line(2, "late rows", concat("correct their windows for ",
                                         format_duration(late.allowed_lateness), ", then to ",
                                         late.topic));
        break;
    }
  }

  void write_sinks(const std::vector<SinkPlan>& sinks, const Schema& schema) {
    for (const SinkPlan& sink : sinks) {
      std::string line = sink.topic;
      line += sink.key.empty() ? ", no key"
                               : concat(", key ", join(names_at(schema, sink.key), ", "));
      if (sink.format != SinkFormat::kJson) line += concat(", as ", to_string(sink.format));
      out_.line(2, "to", line);
    }
  }

  void write_topics() {
    out_.heading(0, "topics");
    out_.line(1, "in", join(plan_.input_topics, ", "));
    for (std::size_t i = 0; i < plan_.output_topics.size(); ++i) {
      const OutputTopic& topic = plan_.output_topics[i];
      out_.line(1, i == 0 ? "out" : "",
                concat(topic.topic, topic.create_partitions
                                        ? concat(" (created with ", *topic.create_partitions,
                                                 " partitions if absent)")
                                        : " (must exist)"));
    }
    for (std::size_t i = 0; i < plan_.cuts.size(); ++i) {
      out_.line(1, i == 0 ? "between tasks" : "", plan_.cuts[i].topic);
    }
    out_.line(1, "dead letters", plan_.spec.dead_letters.topic.value);
  }

  const JobPlan& plan_;
  std::span<const MemoryPart> memory_;
  Outline out_;
};

}  // namespace

std::string explain(const JobPlan& plan, std::span<const MemoryPart> memory) {
  return Explainer(plan, memory).run();
}

std::string format_bytes(std::size_t bytes) {
  static constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB"};
  auto number = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; number >= 1024 && unit + 1 < std::size(kUnits); ++unit) number /= 1024;
  return concat(std::round(number * 10) / 10, kUnits[unit]);
}

}  // namespace sitrep
