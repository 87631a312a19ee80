// SPDX-License-Identifier: Apache-2.0
#pragma once
// One stage for one partition number: its inputs, clocks, operators, stores and sinks. A worker
// calls it with records and with the time; everything it puts out gathers until close_epoch() hands
// the epoch over: outputs, the delta of its state, and the input positions that both stand for.
// Rows for other tasks of the job, and what is known of its clocks, go to them as outputs too
// (RepartitionWriter). Restored by filling stores() before start(). Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/api/operator.h"
#include "engine/base/clock.h"
#include "engine/log/log.h"
#include "engine/runtime/clock_gate.h"
#include "engine/runtime/repartition_clock.h"
#include "engine/runtime/repartition_writer.h"
#include "engine/runtime/reunion.h"
#include "engine/runtime/shape_store.h"
#include "engine/runtime/sink.h"
#include "engine/runtime/source_clock.h"
#include "engine/runtime/topology.h"
#include "engine/runtime/ways.h"
#include "engine/state/delta.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

/// The writer's numbers of the topics that a job writes.
using TopicNumbers = std::map<std::string, TopicId>;
/// How many partitions the topics have that a job reads.
using PartitionCounts = std::map<std::string, std::int32_t>;

/// What one task did in one epoch.
struct EpochPart {
  OutputBatch outputs;
  Delta delta;
  std::vector<CommittedPosition> positions;
  /// Nothing was read, put out or changed: there is nothing to commit.
  bool empty = true;
};

struct TaskOptions {
  const Stage* stage = nullptr;  ///< Outlives the task.
  PartitionId partition;
  const TopicNumbers* topics = nullptr;  ///< Outlives the task.
  /// Outlives make(); may be null for a stage without repartition topics.
  const PartitionCounts* partitions = nullptr;
  /// What tasks send each other is to be text: the log keeps no other bytes.
  bool text_records = false;
  std::string dead_letter_topic;
  ColdState* cold = nullptr;           ///< Outlives the task; null: all state stays in memory.
  MetricsRegistry* metrics = nullptr;  ///< Outlives the task.
  /// Processing time at the start.
  Micros now = 0;
  /// An input with more offsets than these still to be read is a backlog, whose alerts are late
  /// already. A worker's read takes as many records.
  std::int64_t backlog_records = 1000;
};

class Task {
 public:
  static Result<std::unique_ptr<Task>> make(const TaskOptions& options);
  ~Task();

  TaskId id() const;
  /// "fleet[3]", for messages.
  const std::string& name() const { return name_; }
  /// Input partitions of the task, in order; indexes below are into these.
  const std::vector<TopicPartition>& inputs() const { return input_partitions_; }

  /// Every store, to be filled at a restart.
  std::span<Store* const> stores() const { return stores_; }
  /// Whether input `input` is the table of a join whose state begins empty: after the restore, it
  /// is read from its beginning, however far others have read it.
  bool begins_anew(std::size_t input) const;
  /// Goes on from `position`'s epoch (a new task: nothing), with `next` to be read per input, which
  /// ends at `ends` in a bounded run. An end that is kept with the position is kept on.
  Result<void> start(const std::optional<TaskPosition>& position, std::span<const Offset> next,
                     std::span<const std::optional<Offset>> ends, Micros now);
  /// Whether operators keep state of their own: then keys must stay in their partitions.
  bool keeps_keyed_state() const { return keyed_stores_ > 0; }

  /// A shared table has this value from now on.
  Result<void> take_table(std::size_t table, const SharedTablePtr& value);
  /// Rows of one input; `next` is the reader's position after them.
  Result<void> process(std::size_t input, const RecordBatch& records, Offset next, Micros now);
  Result<void> tick(Micros now);
  /// The bounded input has ended: closes every window, applies held rows.
  Result<void> finish();
  /// Whether other tasks of the job write this input.
  bool is_inner(std::size_t input) const;
  /// An end that was not known at the start.
  void set_end(std::size_t input, Offset end);
  /// Where the input ends, as last heard of; the first word says what there was at the start. While
  /// that is being read no clock of the input becomes idle: its rows may lie there.
  void note_end(std::size_t input, Offset end);
  /// Stage::level.
  std::size_t level() const { return stage_.level; }

  /// Whether rows that someone waits for are in the open epoch, and the task is not reading a
  /// backlog (decision 0017).
  bool urgent() const { return urgent_ && !reads_backlog(); }
  /// Output bytes of the open epoch: what the epoch's bound is compared with.
  std::size_t open_bytes() const;
  /// Bytes of state that the open epoch changed, about.
  std::size_t changed_bytes() const;
  Result<EpochPart> close_epoch();
  /// Bytes of all stores, and of what operators keep to be faster.
  std::size_t memory_bytes() const;
  /// Gives back the latter.
  void drop_caches();
  /// Gives back state that the image holds.
  void evict(Epoch flushed);

  /// Where the clocks of input `input` stand, by clock name: for status and metrics.
  std::vector<std::pair<std::string, ClockReading>> clock_readings(std::size_t input) const;
  std::uint64_t rows_in() const { return rows_in_; }

 private:
  class Context;
  class NodeEmitter;
  struct Input;
  struct Node;
  struct Edge {
    std::size_t node;
    std::size_t input;  // of the node's gate
    bool side;
  };
  /// What goes along the edges now.
  struct Delivery {
    std::size_t input;  // of the task
    SourceRows source_rows;
  };

  explicit Task(const TaskOptions& options);
  Result<void> build();
  std::unique_ptr<Input> make_input(const SourceNode& source, const std::string& topic);
  std::vector<TaskId> senders_of(const SourceNode& source) const;
  TopicId topic_number(const std::string& topic) const;
  void deliver_rows(Input& input, const ColumnBatch& batch);
  /// Sends rows of an input all ways, and to the nodes where these meet when they have gone them.
  void deliver_all_ways(Input& input, const ColumnBatch& batch);
  /// Records of other tasks of the job.
  Result<void> receive(Input& input, const RecordBatch& records);
  /// Whether all that this task reads of other tasks has met all its clocks.
  bool inputs_settled() const;
  bool reads_backlog() const;
  /// Sends rows along edges, depth first, up to where ways meet.
  void deliver(std::span<const Edge> edges, const ColumnBatch& batch);
  void advance(std::span<const Edge> edges, std::span<const ClockReading> readings);
  /// The node's clocks moved: calls its operator and passes the output's clocks on.
  void advance_node(Node& node, std::span<const ClockReading> readings);
  /// A side input moved: the node's own clocks did not, but may hold its output's back less.
  void pass_clocks(Node& node, std::span<const ClockReading> readings);
  /// A clock of an input is gone: operators that no other input gives it close it and forget it.
  void forget(std::span<const Edge> edges, ClockId clock);
  void keep_error(Result<void> result);
  Result<void> take_error();
  /// Decoded rows with event times, clocks and watermarks; rows of the future become dead letters.
  ColumnBatch stamp(Input& input, const RecordBatch& records, DecodedRows rows);
  void tick_clock(Input& input);
  void count_dead_letter(Input& input, const DeadLetter& letter, const RecordBatch& records);
  void log_first_dead_letter(const TopicPartition& origin, const DeadLetter& letter,
                             Offset offset) const;

  const Stage& stage_;
  const TaskOptions options_;
  const std::string name_;
  Counter& expired_clocks_;
  ClockTable clocks_;
  std::vector<TopicPartition> input_partitions_;
  std::vector<std::unique_ptr<Input>> inputs_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Store*> stores_;
  std::size_t keyed_stores_ = 0;
  ShapeStore shapes_;
  std::optional<TopicId> dead_letters_;
  Epoch epoch_{0};
  Micros now_ = 0;
  OutputBatch outputs_;
  DeltaBuilder delta_;
  std::vector<std::size_t> reunions_;  // nodes where ways meet, in order
  std::optional<Delivery> delivery_;   // while an input's rows go all ways
  bool urgent_ = false;
  bool caught_up_ = false;  // with what the inputs held at the start
  bool dirty_ = false;
  std::uint64_t rows_in_ = 0;
  std::optional<Error> error_;
};

}  // namespace sitrep
