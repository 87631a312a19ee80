// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a task's rows become records: encodes the selected rows of a batch, with their key and what
// headers the encoder has for them, into the epoch's OutputBatch. Late rows carry where they came
// from as headers instead. Used only by its worker.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/column_batch.h"
#include "engine/log/record.h"
#include "engine/runtime/topology.h"

namespace sitrep {

class Sink {
 public:
  /// `topic` is the writer's number of plan.topic.
  Sink(const SinkNode& plan, TopicId topic);

  void write(const ColumnBatch& batch, OutputBatch& out);
  bool urgent() const { return urgent_; }
  std::uint64_t rows() const { return rows_; }

 private:
  void write_rows(const ColumnBatch& batch, OutputBatch& out);

  TopicId topic_;
  std::unique_ptr<Encoder> encoder_;
  KeyFunction key_;
  bool urgent_;
  bool with_origin_;
  std::size_t first_column_;
  std::optional<std::size_t> columns_;
  std::string key_text_;
  std::string value_text_;
  std::uint64_t rows_ = 0;
};

/// Writes dead letters: the raw bytes, with reason, path and origin as headers.
void write_dead_letter(TopicId topic, const DeadLetter& letter, const RecordView& record,
                       const TopicPartition& origin, OutputBatch& out);

}  // namespace sitrep
