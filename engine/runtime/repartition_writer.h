// SPDX-License-Identifier: Apache-2.0
#pragma once
// The sending half of a cut (decision 0007): spreads a node's rows over the partitions of a
// repartition topic, by the values of some columns, and tells each partition where the node's
// clocks stand, behind the rows of the same epoch. A partition is told what changed since it was
// last told; a task that starts tells all. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/api/clock_table.h"
#include "engine/api/operator.h"
#include "engine/data/arena.h"
#include "engine/data/column_batch.h"
#include "engine/log/record.h"
#include "engine/runtime/repartition_record.h"

namespace sitrep {

class RepartitionWriter {
 public:
  struct Options {
    TopicId topic;
    /// Of the topic; at least 1.
    std::int32_t partitions = 1;
    /// Columns whose values decide about the partition.
    std::vector<std::size_t> key;
    /// The task that sends.
    TaskId sender;
    const ClockTable* clocks = nullptr;  ///< Outlives the writer.
    /// See RepartitionNode.
    Micros settle_after = 0;
    /// Processing time at the task's start.
    Micros started = 0;
    /// Records are to be text of one line.
    bool as_text = false;
    /// A partition's record is split above so many bytes (brokers refuse more than a megabyte).
    std::size_t record_bytes_max = 900'000;
  };

  explicit RepartitionWriter(const Options& options);

  void write(const ColumnBatch& batch);
  void update(std::span<const ClockReading> readings);
  void forget(ClockId clock);
  /// The bounded input has ended.
  void finish();
  /// Appends what the epoch has for each partition. `inputs_settled`: what this task reads of other
  /// tasks is.
  void close_epoch(Micros now, bool inputs_settled, OutputBatch& out);
  /// Bytes that wait for the epoch's end, about.
  std::size_t open_bytes() const { return open_bytes_; }

 private:
  /// What waits for one partition.
  struct Target {
    std::vector<std::shared_ptr<Column>> columns;
    std::shared_ptr<RowMeta> meta;
    /// Changes up to this number are told; 0: nothing is.
    std::uint64_t told = 0;
    Micros told_at = 0;
  };
  struct Word {
    ClockWord word;
    std::uint64_t changed = 0;
  };

  Word& word_of(ClockId clock);
  void settle(Micros now, bool inputs_settled);
  bool is_due(const Target& target, Micros now) const;
  std::vector<ClockWord> words_since(std::uint64_t told) const;
  /// Appends the rows picked, and `words` behind them, in as many records as it takes.
  void append(const ColumnBatch& rows, std::vector<ClockWord> words, PartitionId partition,
              OutputBatch& out) const;

  const Options options_;
  std::vector<Target> targets_;
  Arena arena_;  // texts of all targets' rows
  std::size_t open_bytes_ = 0;
  std::vector<Word> words_;  // in order of appearance
  std::vector<std::size_t> word_of_clock_;  // by ClockId, plus 1; 0: none yet
  std::uint64_t changes_ = 1;
  bool settled_ = false;
  bool finished_ = false;
};

}  // namespace sitrep
