// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/task.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "engine/base/text.h"
#include "engine/data/gather.h"
#include "engine/runtime/task_input.h"

namespace sitrep {
namespace {

class MetricCounter final : public OperatorCounter {
 public:
  explicit MetricCounter(Counter& counter) : counter_(counter) {}
  void add(std::uint64_t count) override { counter_.add(count); }

 private:
  Counter& counter_;
};

}  // namespace

struct Task::Node {
  const OperatorNode* plan = nullptr;
  // What the context gave lives as long as the operator.
  std::unique_ptr<Context> context;
  std::unique_ptr<Operator> op;
  std::unique_ptr<ClockGate> gate;
  Reunion reunion;
  std::vector<Edge> edges;
  std::vector<Sink> sinks;
  std::vector<Sink> late_sinks;
  std::vector<RepartitionWriter> senders;
};

class Task::Context final : public OperatorContext {
 public:
  Context(Task& task, const std::string& node) : task_(task), node_(node) {}

  Table& table(std::string_view purpose, std::unique_ptr<const RowCodec> codec) override {
    auto made = std::make_unique<Table>(Table::Options{.name = concat(node_, "/", purpose),
                                                       .codec = std::move(codec),
                                                       .clocks = &task_.clocks_,
                                                       .cold = task_.options_.cold});
    return static_cast<Table&>(keep(std::move(made)));
  }
  TimeQueue& time_queue(std::string_view purpose) override {
    return static_cast<TimeQueue&>(
        keep(std::make_unique<TimeQueue>(concat(node_, "/", purpose), task_.clocks_)));
  }
  NumberedKeys& numbered_keys(std::string_view purpose) override {
    return static_cast<NumberedKeys&>(
        keep(std::make_unique<NumberedKeys>(concat(node_, "/", purpose), task_.clocks_)));
  }
  NumberedTimes& numbered_times(std::string_view purpose) override {
    return static_cast<NumberedTimes&>(
        keep(std::make_unique<NumberedTimes>(concat(node_, "/", purpose))));
  }
  RowQueue& row_queue(std::string_view purpose, const Schema& schema) override {
    return static_cast<RowQueue&>(keep(
        std::make_unique<RowQueue>(concat(node_, "/", purpose), schema, task_.clocks_)));
  }
  OperatorCounter& counter(std::string_view name) override {
    struct Known {
      std::string_view name;
      std::string_view help;
    };
    static constexpr std::array kKnown = {
        Known{"late_rows", "Rows behind the watermark, whatever the policy does with them"},
        Known{"dropped_late_rows", "Late rows that the policy drops"},
        Known{"stale_rows", "Rows that an alert had seen a newer one of"},
        Known{"unmatched_rows", "Rows that a join found no table row for"},
        Known{"late_versions", "Rows of a table behind its watermark"},
        Known{"sql_errors", "Values that could not be computed and became null"}};
    const auto known = std::ranges::find(kKnown, name, &Known::name);
    const Labels labels{{"stream", node_}, {"task", task_.name_}};
    Counter& series =
        known != kKnown.end()
            ? task_.options_.metrics->counter(concat("sitrep_", name, "_total"),
                                              std::string(known->help), labels)
            : task_.options_.metrics->counter(
                  "sitrep_operator_events_total", "Events that an operator counted",
                  {{"stream", node_}, {"task", task_.name_}, {"event", std::string(name)}});
    counters_.push_back(std::make_unique<MetricCounter>(series));
    return *counters_.back();
  }
  const ClockTable& clocks() const override { return task_.clocks_; }
  PartitionId partition() const override { return task_.options_.partition; }
  const bool& caught_up() const override { return task_.caught_up_; }

 private:
  Store& keep(std::unique_ptr<Store> store) {
    ++task_.keyed_stores_;
    task_.stores_.push_back(store.get());
    stores_.push_back(std::move(store));
    return *stores_.back();
  }

  Task& task_;
  const std::string& node_;
  std::vector<std::unique_ptr<Store>> stores_;
  std::vector<std::unique_ptr<MetricCounter>> counters_;
};

class Task::NodeEmitter final : public Emitter {
 public:
  NodeEmitter(Task& task, Node& node) : task_(task), node_(node) {}

  void emit(ColumnBatch batch) override {
    if (batch.selection.empty()) return;
    for (Sink& sink : node_.sinks) {
      sink.write(batch, task_.outputs_);
      task_.urgent_ = task_.urgent_ || sink.urgent();
    }
    for (RepartitionWriter& sender : node_.senders) sender.write(batch);
    task_.deliver(node_.edges, batch);
  }
  void emit_late(ColumnBatch batch) override {
    for (Sink& sink : node_.late_sinks) sink.write(batch, task_.outputs_);
  }

 private:
  Task& task_;
  Node& node_;
};

Task::Task(const TaskOptions& options)
    : stage_(*options.stage),
      options_(options),
      name_(concat(options.stage->name, "[", options.partition, "]")),
      expired_clocks_(options.metrics->counter("sitrep_expired_clocks_total",
                                               "Clocks of key groups forgotten after clock_expire",
                                               {{"task", name_}})),
      now_(options.now) {}

Task::~Task() = default;

TaskId Task::id() const {
  return {.stage = stage_id(stage_.name), .partition = options_.partition};
}

Result<std::unique_ptr<Task>> Task::make(const TaskOptions& options) {
  std::unique_ptr<Task> task(new Task(options));
  TRY(task->build());
  return task;
}

TopicId Task::topic_number(const std::string& topic) const {
  const auto found = options_.topics->find(topic);
  ENSURE(found != options_.topics->end(), "a topic that was not opened");
  return found->second;
}

Result<void> Task::build() {
  if (!options_.dead_letter_topic.empty()) {
    dead_letters_ = topic_number(options_.dead_letter_topic);
  }
  std::vector<std::vector<std::size_t>> inputs_of_source(stage_.sources.size());
  for (std::size_t s = 0; s < stage_.sources.size(); ++s) {
    const SourceNode& source = stage_.sources[s];
    for (const std::string& topic : source.topics) {
      inputs_of_source[s].push_back(inputs_.size());
      inputs_.push_back(make_input(source, topic));
      inputs_.back()->index = inputs_.size() - 1;
      input_partitions_.push_back(inputs_.back()->partition);
    }
  }
  Ways ways(inputs_of_source);
  std::set<std::string_view> names;
  for (const OperatorNode& plan : stage_.nodes) {
    ENSURE(names.insert(plan.name).second, "state is told apart by the names of nodes");
    const std::size_t index = nodes_.size();
    auto node = std::make_unique<Node>();
    node->plan = &plan;
    node->op = plan.make_operator();
    node->context = std::make_unique<Context>(*this, plan.name);
    std::size_t input_count = 0;
    Micros grace = 0;
    for (const NodeInput& from : plan.inputs) {
      const auto edge = [&] {
        return Edge{.node = index, .input = from.side ? 0 : input_count++, .side = from.side};
      };
      if (from.kind == NodeInput::Kind::kSource) {
        for (const std::size_t input : inputs_of_source[from.index]) {
          inputs_[input]->edges.push_back(edge());
        }
      } else {
        ENSURE(from.index < index, "a node comes after its inputs");
        nodes_[from.index]->edges.push_back(edge());
      }
    }
    for (const SourceNode& source : stage_.sources) {
      if (!source.loads_first) grace = std::max(grace, source.time.idle_after);
    }
    node->gate = std::make_unique<ClockGate>(ClockGate::Options{.name = concat(plan.name, "/gate"),
                                                                .inputs = input_count,
                                                                .grace = grace,
                                                                .clocks = &clocks_});
    if (node->gate->merges()) stores_.push_back(node->gate.get());
    for (const SinkNode& sink : stage_.sinks) {
      if (sink.node != index) continue;
      auto& sinks = sink.port == SinkNode::Port::kMain ? node->sinks : node->late_sinks;
      sinks.emplace_back(sink, topic_number(sink.topic));
    }
    for (const RepartitionNode& sent : stage_.repartitions) {
      if (sent.node != index) continue;
      node->senders.emplace_back(
          RepartitionWriter::Options{.topic = topic_number(sent.topic),
                                     .partitions = options_.partitions->at(sent.topic),
                                     .key = sent.key,
                                     .sender = id(),
                                     .clocks = &clocks_,
                                     .settle_after = sent.settle_after,
                                     .started = options_.now,
                                     .as_text = options_.text_records});
    }
    if (!plan.shape.empty()) shapes_.expect(plan.name, plan.shape);
    Ways::Meeting meeting = ways.add(plan);
    for (const std::size_t input : meeting.row_by_row) inputs_[input]->row_by_row = true;
    if (!meeting.groups.empty()) reunions_.push_back(index);
    node->reunion = Reunion(std::move(meeting.groups));
    nodes_.push_back(std::move(node));
    if (auto opened = nodes_.back()->op->open(*nodes_.back()->context); !opened) {
      return std::move(opened).error().with_context(plan.name);
    }
  }
  if (!shapes_.empty()) stores_.push_back(&shapes_);
  return {};
}

bool Task::begins_anew(std::size_t input) const {
  return std::ranges::any_of(inputs_[input]->edges, [&](const Edge& edge) {
    return edge.side && shapes_.is_new(nodes_[edge.node]->plan->name);
  });
}

Result<void> Task::start(const std::optional<TaskPosition>& position, std::span<const Offset> next,
                         std::span<const std::optional<Offset>> ends, Micros now) {
  ENSURE(next.size() == inputs_.size() && ends.size() == inputs_.size(), "one offset per input");
  now_ = now;
  if (position) epoch_ = position->epoch;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i]->next = next[i];
    inputs_[i]->read_at = now;
    inputs_[i]->end = ends[i];
    // A position that no epoch holds yet must be kept, also if nothing is ever read.
    inputs_[i]->moved = !position.has_value();
    // So must the end of a bounded run, lest another one be taken after a crash.
    dirty_ = dirty_ || inputs_[i]->moved || ends[i].has_value();
  }
  // Clocks stand where they stood; operators that closed windows up to there see nothing new.
  for (const auto& input : inputs_) advance(input->edges, input->readings());
  return take_error();
}

void Task::set_end(std::size_t input, Offset end) {
  inputs_[input]->end = end;
  dirty_ = true;
}

void Task::note_end(std::size_t input, Offset end) {
  if (!inputs_[input]->end_at_start) inputs_[input]->end_at_start = end;
  inputs_[input]->known_end = end;
}

Result<void> Task::take_table(std::size_t table, const SharedTablePtr& value) {
  for (const auto& node : nodes_) {
    if (node->plan->shared_table == table) keep_error(node->op->take_table(value));
  }
  return take_error();
}

void Task::deliver(std::span<const Edge> edges, const ColumnBatch& batch) {
  if (batch.selection.empty()) return;
  for (const Edge& edge : edges) {
    // An operator that failed may have stopped half-way: it is not called again.
    if (error_) return;
    Node& node = *nodes_[edge.node];
    NodeEmitter out(*this, node);
    if (edge.side) {
      keep_error(node.op->process_side(batch, out));
      continue;
    }
    if (delivery_ && node.reunion.takes(delivery_->input, edge.input)) {
      node.reunion.add(edge.input, batch, delivery_->source_rows);
      continue;
    }
    keep_error(node.op->process(node.gate->adjust({&edge.input, 1}, batch), out));
    // Later rows of this edge see what this batch did to the clocks only after advance().
  }
}

void Task::deliver_all_ways(Input& input, const ColumnBatch& batch) {
  delivery_ = Delivery{.input = input.index, .source_rows = nullptr};
  deliver(input.edges, batch);
  // Each node comes after those that its rows come from, so all is there when it is its turn.
  for (const std::size_t index : reunions_) {
    Node& node = *nodes_[index];
    std::optional<Reunion::Whole> whole = node.reunion.take();
    if (!whole || error_) continue;
    delivery_->source_rows = std::move(whole->source_rows);
    NodeEmitter out(*this, node);
    keep_error(node.op->process(node.gate->adjust(whole->inputs, std::move(whole->batch)), out));
  }
  delivery_.reset();
}

void Task::deliver_rows(Input& input, const ColumnBatch& batch) {
  const ColumnBatch* const batches[] = {&batch};
  batch.selection.for_each([&](std::size_t row) {
    // A batch of its own: of one with all other rows, each operator would handle the size.
    const RowPlace place[] = {{.batch = 0, .row = static_cast<std::uint32_t>(row)}};
    deliver_all_ways(input, gather(batches, place));
    const ClockReading reading{
        .clock = batch.meta->clock_of(row),
        .watermark = input.clock->after(batch.meta->watermark[row], batch.meta->event_time[row]),
        .idle = false};
    advance(input.edges, {&reading, 1});
  });
}

void Task::advance(std::span<const Edge> edges, std::span<const ClockReading> readings) {
  if (readings.empty()) return;
  for (const Edge& edge : edges) {
    if (error_) return;
    Node& node = *nodes_[edge.node];
    if (edge.side) {
      NodeEmitter out(*this, node);
      keep_error(node.op->advance_side(readings, out));
      pass_clocks(node, node.gate->readings());
      continue;
    }
    std::vector<ClockReading> changed;
    node.gate->update(edge.input, readings, now_, changed);
    advance_node(node, changed);
  }
}

void Task::advance_node(Node& node, std::span<const ClockReading> readings) {
  if (readings.empty() || error_) return;
  NodeEmitter out(*this, node);
  keep_error(node.op->advance(readings, out));
  pass_clocks(node, readings);
}

void Task::pass_clocks(Node& node, std::span<const ClockReading> readings) {
  std::vector<ClockReading> passed(readings.begin(), readings.end());
  for (ClockReading& reading : passed) {
    reading.watermark = node.op->output_watermark(reading.clock, reading.watermark);
  }
  for (RepartitionWriter& sender : node.senders) sender.update(passed);
  advance(node.edges, passed);
}

void Task::forget(std::span<const Edge> edges, ClockId clock) {
  for (const Edge& edge : edges) {
    if (error_) return;
    Node& node = *nodes_[edge.node];
    if (edge.side || !node.gate->forget(edge.input, clock)) continue;
    NodeEmitter out(*this, node);
    keep_error(node.op->forget(clock, out));
    for (RepartitionWriter& sender : node.senders) sender.forget(clock);
    forget(node.edges, clock);
  }
}

Result<void> Task::tick(Micros now) {
  now_ = now;
  caught_up_ = caught_up_ || std::ranges::all_of(inputs_, [](const auto& input) {
                 return input->end_at_start && !input->is_behind();
               });
  for (const auto& input : inputs_) {
    if (input->clock) tick_clock(*input);
    Micros lowest = TimePlan::kNever;
    for (const ClockReading& reading : input->readings()) {
      if (!reading.idle) lowest = std::min(lowest, reading.watermark);
    }
    if (lowest != TimePlan::kNever && lowest != kMinWatermark) {
      input->watermark->set(static_cast<double>(lowest) / kMicrosPerSecond);
    }
    input->idle->set(lowest == TimePlan::kNever ? 1 : 0);
  }
  for (const auto& node : nodes_) {
    std::vector<ClockReading> changed;
    node->gate->tick(now, changed);
    advance_node(*node, changed);
    NodeEmitter out(*this, *node);
    keep_error(node->op->tick(now, out));
  }
  return take_error();
}

Result<void> Task::finish() {
  dirty_ = true;
  for (const auto& input : inputs_) input->end.reset();
  for (const auto& node : nodes_) {
    NodeEmitter out(*this, *node);
    keep_error(node->op->finish(out));
  }
  for (const auto& node : nodes_) {
    for (RepartitionWriter& sender : node->senders) sender.finish();
  }
  return take_error();
}

std::size_t Task::open_bytes() const {
  auto bytes = outputs_.bytes();
  for (const auto& node : nodes_) {
    for (const RepartitionWriter& sender : node->senders) bytes += sender.open_bytes();
  }
  return bytes;
}

std::size_t Task::changed_bytes() const {
  std::size_t bytes = 0;
  for (const Store* store : stores_) bytes += store->changed_bytes();
  return bytes;
}

Result<EpochPart> Task::close_epoch() {
  for (const auto& node : nodes_) {
    NodeEmitter out(*this, *node);
    keep_error(node->op->end_epoch(out));
  }
  TRY(take_error());
  for (const auto& node : nodes_) {
    for (RepartitionWriter& sender : node->senders) {
      sender.close_epoch(now_, inputs_settled(), outputs_);
    }
  }
  EpochPart part;
  // Operators change state by processing time too.
  if (!dirty_ && outputs_.empty() && changed_bytes() == 0) return part;
  ++epoch_;
  for (Store* store : stores_) store->collect(epoch_, delta_);
  TaskPosition position{.epoch = epoch_, .inputs = {}};
  for (const auto& input : inputs_) {
    position.inputs.push_back(
        {.partition = input->partition, .next = input->next, .end = input->end});
    if (input->moved) {
      part.positions.push_back(
          {.partition = input->partition, .next = input->next, .metadata = {}});
    }
    input->moved = false;
  }
  part.delta = delta_.finish(id(), std::move(position));
  part.outputs = std::exchange(outputs_, OutputBatch());
  part.empty = false;
  urgent_ = false;
  dirty_ = false;
  return part;
}

std::size_t Task::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Store* store : stores_) bytes += store->memory_bytes();
  for (const auto& node : nodes_) bytes += node->op->cache_bytes();
  return bytes;
}

void Task::drop_caches() {
  for (const auto& node : nodes_) node->op->drop_cache();
}

void Task::evict(Epoch flushed) {
  for (Store* store : stores_) store->evict(flushed);
}

std::vector<std::pair<std::string, ClockReading>> Task::clock_readings(std::size_t input) const {
  std::vector<std::pair<std::string, ClockReading>> out;
  for (const ClockReading& reading : inputs_[input]->readings()) {
    out.emplace_back(clocks_.name(reading.clock), reading);
  }
  return out;
}

void Task::keep_error(Result<void> result) {
  if (result || error_) return;
  error_ = std::move(result).error().with_context(name_);
}

Result<void> Task::take_error() {
  if (!error_) return {};
  return *std::exchange(error_, std::nullopt);
}

}  // namespace sitrep
