// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a job is made of once it is planned: stages of sources, operators and sinks, as descriptions
// with factories. config/assemble makes it; the runtime makes tasks of it, one per stage and
// partition. Immutable. Thread-safe (const throughout; factories are called from one thread at a
// time).

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/operator.h"
#include "engine/data/schema.h"
#include "engine/log/format.h"
#include "engine/log/log.h"

namespace sitrep {

/// What a partition without a known position starts from.
enum class StartFrom { kEarliest, kLatest, kFail };

/// How event time goes on in a source.
struct TimePlan {
  /// Column (of SourceNode::schema) that holds the event time.
  std::size_t column = 0;
  /// Column whose text names the row's clock; nothing: one clock per partition.
  std::optional<std::size_t> clock_column;
  Micros out_of_orderness = 0;
  /// A clock without rows for so long is idle; kNever: never.
  Micros idle_after = 30 * kMicrosPerSecond;
  /// An idle clock goes on by processing time after so long; kNever: W stays.
  Micros idle_close = kNever;
  /// Rows further ahead of their message's timestamp are `future` dead letters; kNever: none are.
  Micros max_future_skew = 5 * 60 * kMicrosPerSecond;
  /// Key-group clocks without rows for so long are forgotten; kNever: never.
  Micros clock_expire = kNever;

  static constexpr Micros kNever = std::numeric_limits<Micros>::max();
};

/// A stage whose tasks send rows to a repartition topic.
struct SenderStage {
  std::string stage;
  /// One of its inputs: it has a task per partition of that.
  std::string input_topic;
};

/// A topic from outside, or one that other stages of the job send rows to.
struct SourceNode {
  std::string name;
  /// No other source of the job has them: offsets are committed by partition.
  std::vector<std::string> topics;
  /// The columns that the decoder gives, in order.
  Schema schema;
  /// Of a repartition topic: who writes it. There is no decoder then, and its clocks are what the
  /// senders say. Empty: a topic from outside.
  std::vector<SenderStage> senders = {};
  TimePlan time;
  StartFrom start = StartFrom::kEarliest;
  /// Go on where retention removed records before they were read; else that is an Error.
  bool skip_gaps = false;
  /// The decoder looks at the headers of records.
  bool reads_headers = false;
  /// A table: when a task starts, it is read to where it ends then before the others are read.
  bool loads_first = false;
  std::function<std::unique_ptr<Decoder>()> make_decoder;
};

/// A table that every instance holds whole.
struct SharedTableNode {
  /// Its one topic is read outside of the group; none when there is a file.
  SourceNode source;
  /// JSON lines, read again when they change.
  std::string file = {};
  std::function<std::unique_ptr<SharedTableBuilder>()> make_builder;
};

/// Where a node's rows come from: a source, or another node of the stage.
struct NodeInput {
  enum class Kind { kSource, kNode };
  Kind kind = Kind::kSource;
  /// Index into Stage::sources or Stage::nodes (an earlier one).
  std::size_t index = 0;
  /// Rows and clocks go to the operator's process_side and advance_side, past the node's clock.
  bool side = false;
};

/// The stream or alert that a node belongs to: its name, up to the number of a branch ("sums#2") or
/// the name of a table that it joins ("sums/limits").
std::string_view stream_of(std::string_view node);

/// One operator of a stage. With several inputs its clocks are the minimum over them, side inputs
/// left out.
struct OperatorNode {
  /// Unique in the job; names its state.
  std::string name;
  std::vector<NodeInput> inputs;
  /// The order of rows of one input among those of another is nothing to the operator: all that a
  /// batch of the task's input brings may come by the one before any of it comes by the other.
  /// Says nothing of the nodes behind it.
  bool any_order = false;
  /// The operator gives a row out while it is called with it or never, once, in the order in which
  /// they came, under its number and with its meta; its output's clock is that of its input. What
  /// its side inputs bring does not come out. A source that gets to a node by several inputs is put
  /// together there when all nodes on its ways are such, else it is read row by row, which takes
  /// many times as long (decision 0014; engine/runtime/ways).
  bool row_wise = false;
  /// What the operator's state means (sql::describe); state of another shape is refused at a
  /// restart. Empty: not looked at.
  std::string shape = {};
  /// What its operator looks things up in, by its position in Topology::shared_tables.
  std::optional<std::size_t> shared_table = {};
  std::function<std::unique_ptr<Operator>()> make_operator;
};

/// Puts a record's key into `out`; false: the record has no key.
using KeyFunction =
    std::function<bool(const ColumnBatch& batch, std::size_t row, std::string& out)>;

/// Rows that leave the job.
struct SinkNode {
  enum class Port { kMain, kLate };
  std::size_t node = 0;
  Port port = Port::kMain;
  std::string topic;
  std::function<std::unique_ptr<Encoder>()> make_encoder;
  KeyFunction key;
  /// Ends the epoch early: someone waits for these rows.
  bool urgent = false;
  /// The columns that are written of the rows; without a number all from the first on.
  std::size_t first_column = 0;
  std::optional<std::size_t> columns = {};
};

/// Rows that go to the tasks of another key (decision 0007).
struct RepartitionNode {
  std::size_t node = 0;
  std::string topic;
  /// Columns of what the node puts out: rows with equal values go to one partition.
  std::vector<std::size_t> key;
  /// A task that has read for so long has met all its clocks; kNever: it never says so.
  Micros settle_after = TimePlan::kNever;
};

/// A sub-topology: what one task runs for one partition number.
struct Stage {
  /// Names the stage's state; unique in the job.
  std::string name;
  /// The topic of its state log, for logs that keep state.
  std::string state_topic = {};
  std::vector<SourceNode> sources;
  /// In an order in which every node comes after its inputs.
  std::vector<OperatorNode> nodes;
  std::vector<SinkNode> sinks;
  std::vector<RepartitionNode> repartitions = {};
  /// What it reads of other stages is of stages of lower levels.
  std::size_t level = 0;
};

struct Topology {
  std::string job;
  std::vector<Stage> stages;
  std::vector<SharedTableNode> shared_tables = {};
  /// Empty: dead letters are counted and dropped.
  std::string dead_letter_topic;
  /// Every topic written, with how to make it when it does not exist; nothing: it must exist.
  std::map<std::string, std::optional<TopicOptions>> output_topics;

  /// Every input topic, repartition topics included, each once.
  std::vector<std::string> input_topics() const;
  /// Those of which a decoder looks at the headers.
  std::set<std::string> header_topics() const;
};

}  // namespace sitrep
