// SPDX-License-Identifier: Apache-2.0
#include "config/assemble.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <span>
#include <utility>

#include "config/assemble_alert.h"
#include "config/assemble_sink.h"
#include "config/job_topics.h"
#include "connectors/formats/json_decoder.h"
#include "connectors/formats/table_decoder.h"
#include "engine/api/alert_schema.h"
#include "engine/base/text.h"
#include "engine/sql/describe.h"
#include "engine/sql/expression_factory.h"
#include "operators/filter_project.h"
#include "operators/lookup_join.h"
#include "operators/merged_aggregate.h"
#include "operators/partial_aggregate.h"
#include "operators/union_all.h"
#include "operators/versioned_table.h"
#include "operators/window_aggregate.h"

namespace sitrep {
namespace {

using PlanPtr = std::shared_ptr<const JobPlan>;

SourceNode make_source(const SourcePlan& plan) {
  const auto or_never = [](std::optional<Micros> time) { return time.value_or(TimePlan::kNever); };
  SourceNode node{.name = plan.name,
                  .topics = plan.topics,
                  .schema = plan.schema,
                  .time = {.column = plan.time_column,
                           .clock_column = plan.clock_column,
                           .out_of_orderness = plan.time.out_of_orderness,
                           .idle_after = or_never(plan.time.idle_after),
                           .idle_close = or_never(plan.time.idle_close),
                           .max_future_skew = plan.time.max_future_skew,
                           .clock_expire = or_never(plan.time.clock_expire)},
                  .start = StartFrom::kEarliest,
                  .make_decoder = [columns = plan.columns] { return make_json_decoder(columns); }};
  node.skip_gaps = plan.on_gap == GapPolicy::kSkip;
  node.reads_headers = std::ranges::any_of(plan.columns, [](const ColumnSpec& column) {
    return column.origin == ColumnOrigin::kHeader;
  });
  switch (plan.start) {
    case StartPolicy::kEarliest: node.start = StartFrom::kEarliest; break;
    case StartPolicy::kLatest: node.start = StartFrom::kLatest; break;
    case StartPolicy::kFail: node.start = StartFrom::kFail; break;
  }
  return node;
}

/// Rows of a table with, behind its columns, whether they are deletes.
SourceNode make_table(const TablePlan& table) {
  SourceNode node = make_source(table.source);
  node.loads_first = true;
  node.schema.fields.push_back({"_deleted", Type::kBoolean});
  node.make_decoder = [columns = TableColumns{.columns = table.source.columns,
                                              .key = table.key,
                                              .time = table.source.time_column}] {
    return make_table_decoder(columns);
  };
  return node;
}

/// Positions among the shared tables of the topology, by position in the plan.
std::map<std::size_t, std::size_t> shared_tables(const JobPlan& plan) {
  std::map<std::size_t, std::size_t> shared;
  for (const StreamPlan& stream : plan.streams) {
    for (const auto& tables : stream.tables) {
      for (const std::size_t table : tables) {
        if (plan.tables[table].broadcast) shared.emplace(table, shared.size());
      }
    }
  }
  if (plan.flood && plan.flood->commands) shared.emplace(*plan.flood->commands, shared.size());
  for (const AlertPlan& alert : plan.alerts) {
    if (alert.parameters) shared.emplace(alert.parameters->table, shared.size());
  }
  return shared;
}

SharedTableNode make_shared_table(const TablePlan& table) {
  return {.source = make_table(table),
          .file = table.file,
          .make_builder = [options = VersionedTableBuilder::Options{
                               .columns = table.source.schema.size(),
                               .key = table.key,
                               .history = table.history,
                               .out_of_orderness = table.source.time.out_of_orderness}] {
            return std::make_unique<VersionedTableBuilder>(options);
          }};
}

std::string typed_names(const Schema& schema, const std::vector<std::size_t>& columns) {
  std::vector<std::string> names;
  for (const std::size_t column : columns) {
    const Field& field = schema.fields[column];
    names.push_back(concat(field.name, " ", to_string(field.type)));
  }
  return join(names, ", ");
}

WindowAggregate::Late late_policy(LatePolicy policy) {
  switch (policy) {
    case LatePolicy::kSide: return WindowAggregate::Late::kSide;
    case LatePolicy::kUpdate: return WindowAggregate::Late::kUpdate;
    case LatePolicy::kDrop: return WindowAggregate::Late::kDrop;
  }
  ENSURE(false, "unknown LatePolicy");
}

std::vector<sql::ExpressionPtr> all_columns(const Schema& schema) {
  std::vector<sql::ExpressionPtr> out;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    out.push_back(sql::make_column(i, schema.fields[i].type));
  }
  return out;
}

/// The first `count` columns of `row`. A row that is held is known by the names of its columns, so
/// of several with one name the second is "speed#2".
Schema told_apart(const Schema& row, std::size_t count) {
  Schema out;
  std::map<std::string_view, std::size_t> seen;
  for (const Field& field : std::span(row.fields).first(count)) {
    const std::size_t number = ++seen[field.name];
    out.fields.push_back(number == 1 ? field : Field{concat(field.name, "#", number), field.type});
  }
  return out;
}

std::vector<std::size_t> first_columns(std::size_t count) {
  std::vector<std::size_t> out(count);
  std::iota(out.begin(), out.end(), std::size_t{0});
  return out;
}

/// What reads the rows of a cut: a branch of a stream with its groups, or an alert.
struct CutReader {
  const StreamPlan* stream = nullptr;
  std::size_t branch = 0;
  /// Null with no stream either: it is flood control.
  const AlertPlan* alert = nullptr;
};

CutReader reader_of(const JobPlan& plan, std::size_t cut) {
  if (plan.cuts[cut].carries_alerts) return {};
  for (const StreamPlan& stream : plan.streams) {
    for (std::size_t i = 0; i < stream.cuts.size(); ++i) {
      if (stream.cuts[i] == cut) return {.stream = &stream, .branch = i};
    }
  }
  for (const AlertPlan& alert : plan.alerts) {
    if (alert.cut == cut) return {.alert = &alert};
  }
  ENSURE(false, "a cut has a reader");
}

Micros allowed_lateness(const StreamPlan& stream) {
  const bool updates = stream.late && stream.late->policy == LatePolicy::kUpdate;
  return updates ? stream.late->allowed_lateness : 0;
}

PartialAggregate::Options first_half(const StreamPlan& stream, std::size_t branch) {
  const sql::Select& select = stream.query.branches[branch];
  return {.where = select.where,
          .grouping = *select.grouping,
          .allowed_lateness = allowed_lateness(stream),
          .input = stream.rows[branch]};
}

/// What the sources say from which the rows of a stage come, through cuts too.
struct SenderTimes {
  /// See RepartitionNode.
  Micros settle_after = 0;
  /// How far event time may be ahead of processing time.
  Micros ahead_max = 0;
};

SenderTimes sender_times(const JobPlan& plan, const StagePlan& stage) {
  SenderTimes out;
  const auto include = [&](const SenderTimes& times) {
    out.settle_after = std::max(out.settle_after, times.settle_after);
    out.ahead_max = std::max(out.ahead_max, times.ahead_max);
  };
  for (const std::size_t source : stage.sources) {
    const TimeSpec& time = plan.sources[source].time;
    include({.settle_after = time.idle_after.value_or(TimePlan::kNever),
             .ahead_max = time.max_future_skew});
  }
  for (const std::size_t cut : stage.cuts_read) {
    for (const StagePlan& sender : plan.stages) {
      if (std::ranges::find(sender.cuts_written, cut) != sender.cuts_written.end()) {
        include(sender_times(plan, sender));
      }
    }
  }
  return out;
}

/// Builds one stage: its sources, tables and the cuts that it reads, its streams in order, its
/// alerts, and what it sends to other stages.
class StageBuilder {
 public:
  StageBuilder(const PlanPtr& plan, const StagePlan& stage)
      : plan_(plan), stage_plan_(stage), shared_tables_(shared_tables(*plan)) {
    stage_.name = stage.name;
    stage_.level = stage.level;
    stage_.state_topic = state_topic(plan_->spec.job.value, stage.name);
    for (const std::size_t source : stage.sources) {
      source_nodes_[source] = stage_.sources.size();
      stage_.sources.push_back(make_source(plan_->sources[source]));
    }
    for (const std::size_t table : stage.tables) {
      table_nodes_[table] = stage_.sources.size();
      stage_.sources.push_back(make_table(plan_->tables[table]));
    }
    for (const std::size_t cut : stage.cuts_read) {
      cut_nodes_[cut] = stage_.sources.size();
      stage_.sources.push_back(make_receiver(cut));
    }
    for (const std::size_t stream : stage.streams) add_stream(stream);
    for (const std::size_t alert : stage.alerts) add_alert(plan_->alerts[alert]);
    if (stage.controls_floods) add_flood_control();
    for (const std::size_t cut : stage.cuts_written) add_sender(cut);
  }

  Stage take() { return std::move(stage_); }

 private:
  NodeInput input(InputRef ref, std::optional<std::size_t> cut = std::nullopt) const {
    if (cut) return {.kind = NodeInput::Kind::kSource, .index = cut_nodes_.at(*cut)};
    if (ref.kind == InputRef::Kind::kSource) {
      return {.kind = NodeInput::Kind::kSource, .index = source_nodes_.at(ref.index)};
    }
    return {.kind = NodeInput::Kind::kNode, .index = stream_nodes_.at(ref.index)};
  }

  /// Whether the rows that a branch or an alert reads are in this stage.
  bool has(InputRef ref, std::optional<std::size_t> cut) const {
    if (cut) return cut_nodes_.contains(*cut);
    return ref.kind == InputRef::Kind::kSource ? source_nodes_.contains(ref.index)
                                               : stream_nodes_.contains(ref.index);
  }

  Schema received_schema(const CutPlan& cut, const CutReader& reader) const {
    if (cut.carries_alerts) return alert_schema();
    if (reader.stream == nullptr) return plan_->schema_of(cut.input);
    return PartialAggregate::output_schema(first_half(*reader.stream, reader.branch));
  }

  SourceNode make_receiver(std::size_t index) const {
    const CutPlan& cut = plan_->cuts[index];
    const CutReader reader = reader_of(*plan_, index);
    SourceNode node{.name = cut.name,
                    .topics = {cut.topic},
                    .schema = received_schema(cut, reader),
                    .time = {},
                    .make_decoder = {}};
    for (const StagePlan& stage : plan_->stages) {
      if (std::ranges::find(stage.cuts_written, index) == stage.cuts_written.end()) continue;
      node.senders.push_back({.stage = stage.name, .input_topic = first_input_of(stage)});
    }
    return node;
  }

  const std::string& first_input_of(const StagePlan& stage) const {
    return stage.sources.empty() ? plan_->cuts[stage.cuts_read.front()].topic
                                 : plan_->sources[stage.sources.front()].topics.front();
  }

  void add_sender(std::size_t index) {
    const CutPlan& cut = plan_->cuts[index];
    const CutReader reader = reader_of(*plan_, index);
    OperatorNode node{.name = concat(cut.name, "#sent"), .inputs = {}, .make_operator = {}};
    const SenderTimes times = sender_times(*plan_, stage_plan_);
    RepartitionNode sent{
        .node = 0, .topic = cut.topic, .key = {}, .settle_after = times.settle_after};
    if (reader.stream != nullptr) {
      node.inputs = {join_tables(*reader.stream, reader.branch, cut.name)};
      auto options = first_half(*reader.stream, reader.branch);
      options.settle_after = times.settle_after;
      options.ahead_max = times.ahead_max;
      node.make_operator = [options] { return std::make_unique<PartialAggregate>(options); };
      sent.key = first_columns(options.grouping.keys.size());
    } else if (cut.carries_alerts) {
      for (const std::size_t alert : alert_nodes_) {
        node.inputs.push_back({.kind = NodeInput::Kind::kNode, .index = alert});
      }
      node.any_order = true;
      node.make_operator = alerts_sender();
      sent.key = {*alert_schema().find("group")};
    } else {
      node.inputs = {input(cut.input)};
      node.make_operator = [options = FilterProject::Options{
                                .where = nullptr,
                                .projections = all_columns(plan_->schema_of(cut.input))}] {
        return std::make_unique<FilterProject>(options);
      };
      sent.key = reader.alert->key;
    }
    sent.node = add_node(std::move(node));
    stage_.repartitions.push_back(std::move(sent));
  }

  std::size_t add_node(OperatorNode node) {
    stage_.nodes.push_back(std::move(node));
    return stage_.nodes.size() - 1;
  }

  void add_stream(std::size_t index) {
    const StreamPlan& stream = plan_->streams[index];
    std::vector<std::size_t> branches;
    for (std::size_t b = 0; b < stream.query.branches.size(); ++b) {
      if (!has(stream.inputs[b], stream.cuts[b])) continue;
      const std::string name =
          stream.query.branches.size() == 1 ? stream.name : concat(stream.name, "#", b + 1);
      branches.push_back(add_branch(stream, b, name));
    }
    std::size_t result = branches.front();
    if (branches.size() > 1) {
      OperatorNode merged{.name = stream.name,
                          .inputs = {},
                          .row_wise = true,
                          .make_operator = [] { return std::make_unique<UnionAll>(); }};
      for (const std::size_t branch : branches) {
        merged.inputs.push_back({.kind = NodeInput::Kind::kNode, .index = branch});
      }
      result = add_node(std::move(merged));
    }
    stream_nodes_[index] = result;
    for (const SinkPlan& sink : stream.sinks) {
      stage_.sinks.push_back(make_sink(result, sink, stream.output));
    }
  }

  std::size_t add_branch(const StreamPlan& stream, std::size_t branch, const std::string& name) {
    const sql::Select& select = stream.query.branches[branch];
    const Schema& row = stream.rows[branch];
    const auto cut = stream.cuts[branch];
    // Behind a cut the tables are joined already.
    const NodeInput from = cut ? input(stream.inputs[branch], cut)
                               : join_tables(stream, branch, name);
    OperatorNode node{.name = name, .inputs = {from}, .make_operator = {}};
    if (!select.grouping) {
      node.row_wise = true;
      node.make_operator = [options = FilterProject::Options{
                                .where = select.where, .projections = select.projections}] {
        return std::make_unique<FilterProject>(options);
      };
      return add_node(std::move(node));
    }
    WindowAggregate::Options options{
        .where = cut ? nullptr : select.where,
        .grouping = cut ? merging(*select.grouping) : *select.grouping,
        .projections = select.projections};
    if (stream.late) options.late = late_policy(stream.late->policy);
    options.allowed_lateness = allowed_lateness(stream);
    node.shape = sql::describe(*select.grouping, row);
    node.make_operator = [options] { return std::make_unique<WindowAggregate>(options); };
    const std::size_t index = add_node(std::move(node));
    if (stream.late && !stream.late->topic.empty()) {
      // Of a joined row, what came from the stream: the columns stand first.
      SinkNode sink = make_late_sink(index, stream.late->topic,
                                     plan_->schema_of(stream.inputs[branch]));
      if (cut) sink.first_column = PartialAggregate::first_input_column(*select.grouping);
      stage_.sinks.push_back(std::move(sink));
    }
    return index;
  }

  /// The rows that a branch reads, with those of its tables.
  NodeInput join_tables(const StreamPlan& stream, std::size_t branch, const std::string& name) {
    const sql::Select& select = stream.query.branches[branch];
    NodeInput from = input(stream.inputs[branch]);
    for (std::size_t i = 0; i < select.joins.size(); ++i) {
      from = add_join(select.joins[i], stream.tables[branch][i], stream.rows[branch], name, from);
    }
    return from;
  }

  /// The join is a node of its own, "<reader>/<alias>", before what reads it.
  NodeInput add_join(const sql::TableJoin& join, std::size_t table, const Schema& row,
                     const std::string& reader, NodeInput from) {
    const TablePlan& plan = plan_->tables[table];
    LookupJoin::Options options{.input = {},
                                .table = plan.source.schema,
                                .keys = join.keys,
                                .table_keys = plan.key,
                                .keeps_unmatched = join.keeps_unmatched,
                                .shared = plan.broadcast,
                                .history = plan.history,
                                .wait = plan.wait};
    options.input = told_apart(row, join.first_column);
    std::vector<std::size_t> columns(plan.source.schema.size());
    std::iota(columns.begin(), columns.end(), std::size_t{0});
    if (plan.broadcast) {
      OperatorNode node{
          .name = concat(reader, "/", join.alias),
          .inputs = {from},
          .row_wise = true,
          .shared_table = shared_tables_.at(table),
          .make_operator = [options] { return std::make_unique<LookupJoin>(options); }};
      return {.kind = NodeInput::Kind::kNode, .index = add_node(std::move(node))};
    }
    OperatorNode node{
        .name = concat(reader, "/", join.alias),
        .inputs = {from,
                   {.kind = NodeInput::Kind::kSource,
                    .index = table_nodes_.at(table),
                    .side = true}},
        .row_wise = plan.wait == 0,
        .shape = concat("join ", plan.source.name, " by ",
                        typed_names(plan.source.schema, plan.key), ": ",
                        typed_names(plan.source.schema, columns)),
        .make_operator = [options] { return std::make_unique<LookupJoin>(options); }};
    return {.kind = NodeInput::Kind::kNode, .index = add_node(std::move(node))};
  }

  /// Before the rule may be what it needs of its rows, each a node: "<alert>/parameters", what puts
  /// them in order, "<alert>/history", "<alert>/values".
  void add_alert(const AlertPlan& alert) {
    // Rows that are held are known by the names of their columns, so each has one of its own.
    const Schema row = plan_->row_of(alert).qualified();
    NodeInput from = input(alert.input, alert.cut);
    if (alert.parameters) {
      const AlertParameters& parameters = *alert.parameters;
      from = add_join({.table = parameters.name,
                       .alias = "parameters",
                       .keeps_unmatched = true,
                       .keys = parameters.keys,
                       .table_keys = {},
                       .first_column = plan_->schema_of(alert.input).size()},
                      parameters.table, row, alert.name, from);
    }
    if (wants_order(alert)) from = put_in_order(alert, row, from);
    const auto add = [&](std::string name, MakeOperator make, std::string shape) {
      const std::size_t index = add_node({.name = std::move(name),
                                          .inputs = {from},
                                          .shape = std::move(shape),
                                          .make_operator = std::move(make)});
      from = {.kind = NodeInput::Kind::kNode, .index = index};
      return index;
    };
    const std::string key = typed_names(row, alert.key);
    if (!alert.history.empty()) {
      add(concat(alert.name, "/history"), history_operator(alert),
          concat("rows before, in order, by ", key));
    }
    if (!alert.values.empty()) {
      add(concat(alert.name, "/values"), values_operator(alert, row), /*shape=*/"");
    }
    const std::string_view kind = alert.silent_after   ? "silence, known by number, times packed,"
                                  : wants_order(alert) ? "alert, of rows in order,"
                                                       : "alert";
    const std::size_t index =
        add(alert.name, alert_operator(*plan_, alert), concat(kind, " episodes by ", key));
    alert_nodes_.push_back(index);
    if (!plan_->flood) add_alert_sinks(index, alert.sinks);
  }

  /// Rows of one input are put in order once for all its alerts, "<input>#ordered"; those of one
  /// that has its own (behind a cut, or with parameters), "<alert>#ordered". Late rows leave there,
  /// once to each topic.
  NodeInput put_in_order(const AlertPlan& alert, const Schema& row, NodeInput from) {
    const bool is_shared = !alert.cut && !alert.parameters;
    const auto [ordered, is_new] = ordered_nodes_.try_emplace({from.kind, from.index});
    if (is_new) {
      std::vector<const AlertPlan*> readers = {&alert};
      if (is_shared) {
        readers.clear();
        for (const std::size_t index : stage_plan_.alerts) {
          const AlertPlan& other = plan_->alerts[index];
          const bool reads_it =
              other.input == alert.input && !other.cut && !other.parameters && wants_order(other);
          if (reads_it) readers.push_back(&other);
        }
      }
      const std::string_view name = is_shared ? plan_->name_of(alert.input) : alert.name;
      ordered->second = add_node({.name = concat(name, "#ordered"),
                                  .inputs = {from},
                                  .make_operator = order_operator(readers, row)});
      std::set<std::string> late_topics;
      for (const AlertPlan* const reader : readers) {
        const std::string& topic = reader->late.topic;
        if (topic.empty() || !late_topics.insert(topic).second) continue;
        stage_.sinks.push_back(
            make_late_sink(ordered->second, topic, plan_->schema_of(alert.input)));
      }
    }
    return {.kind = NodeInput::Kind::kNode, .index = ordered->second};
  }

  void add_alert_sinks(std::size_t node, const std::vector<SinkPlan>& sinks) {
    for (const SinkPlan& sink : sinks) {
      stage_.sinks.push_back(make_alert_sink(node, sink, plan_->spec.job.value));
    }
  }

  /// All alerts of the job go through one operator, and from it each to its outputs.
  void add_flood_control() {
    const FloodPlan& flood = *plan_->flood;
    OperatorNode node{.name = std::string(kFloodName),
                      .inputs = {input({}, flood.cut)},
                      .shape = "alerts that are up and floods by group",
                      .make_operator = flood_operator(*plan_)};
    if (flood.commands) node.shared_table = shared_tables_.at(*flood.commands);
    const std::size_t index = add_node(std::move(node));
    for (std::size_t i = 0; i < flood.outputs.size(); ++i) {
      const FloodPlan::Output& output = flood.outputs[i];
      const std::size_t records = add_node(
          {.name = concat(kFloodName, "/", i + 1),
           .inputs = {{.kind = NodeInput::Kind::kNode, .index = index}},
           .make_operator = [options = FilterProject::Options{
                                 .where = output.records,
                                 .projections = all_columns(alert_schema())}] {
             return std::make_unique<FilterProject>(options);
           }});
      add_alert_sinks(records, output.sinks);
    }
  }

  const PlanPtr plan_;
  const StagePlan& stage_plan_;
  const std::map<std::size_t, std::size_t> shared_tables_;
  Stage stage_;
  std::vector<std::size_t> alert_nodes_;
  /// What puts the rows of a source or node in order.
  std::map<std::pair<NodeInput::Kind, std::size_t>, std::size_t> ordered_nodes_;
  // By position in the plan.
  std::map<std::size_t, std::size_t> source_nodes_;
  std::map<std::size_t, std::size_t> cut_nodes_;
  std::map<std::size_t, std::size_t> table_nodes_;
  std::map<std::size_t, std::size_t> stream_nodes_;
};

}  // namespace

FunctionRegistry make_function_registry() {
  FunctionRegistry registry;
  sql::add_builtin_functions(registry);
  return registry;
}

Topology assemble_topology(std::shared_ptr<const JobPlan> plan) {
  Topology topology;
  topology.job = plan->spec.job.value;
  topology.dead_letter_topic = plan->spec.dead_letters.topic.value;
  for (const OutputTopic& output : plan->output_topics) {
    auto& creation = topology.output_topics[output.topic];
    if (output.create_partitions) {
      creation = TopicOptions{.partitions = *output.create_partitions, .settings = {}};
    }
  }
  const auto shared = shared_tables(*plan);
  topology.shared_tables.resize(shared.size());
  for (const auto& [table, position] : shared) {
    topology.shared_tables[position] = make_shared_table(plan->tables[table]);
  }
  for (const StagePlan& stage : plan->stages) {
    topology.stages.push_back(StageBuilder(plan, stage).take());
  }
  return topology;
}

}  // namespace sitrep
