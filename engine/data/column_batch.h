// SPDX-License-Identifier: Apache-2.0
#pragma once
// Some rows of a stream, by columns: what operators are called with, once per batch. Beside the
// columns of its schema a batch carries each row's event time, the watermark of its clock as it
// stood *before* that row (so that lateness is exact whatever the batch size), its clock, and where
// it came from. Columns, row meta and arenas are shared between a batch and what is projected from
// it (hence shared_ptr); they are never changed once shared. Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/data/arena.h"
#include "engine/data/column.h"
#include "engine/data/schema.h"
#include "engine/data/selection.h"

namespace sitrep {

/// A clock of a task: 0 is the partition's own; a key group ("CAMP-03") gets the next number when
/// it is first seen. Meaningful only within its task.
using ClockId = std::uint32_t;

/// One entry per row of the batch, selected or not, in each vector that is not empty.
struct RowMeta {
  std::vector<Micros> event_time;
  /// W of the row's clock before the row; kMinWatermark when that clock had no row yet.
  std::vector<Micros> watermark;
  /// Empty when all rows belong to clock 0.
  std::vector<ClockId> clock;
  /// Origin: offset of the message and position in it. Empty for derived rows (window results).
  std::vector<Offset> offset;
  std::vector<std::uint32_t> index_in_message;
  /// Origin of all rows of the batch; empty topic for derived rows.
  TopicPartition origin;
  /// Of rows that were put in order: they are ahead of the watermark, which does not come any more:
  /// their clock is idle, forgotten or at the end of its input. Rows before them may follow.
  bool ahead = false;

  ClockId clock_of(std::size_t row) const { return clock.empty() ? 0 : clock[row]; }
};

struct ColumnBatch {
  std::vector<ColumnPtr> columns;
  std::shared_ptr<const RowMeta> meta;
  /// Keep the bytes of text columns alive.
  std::vector<std::shared_ptr<const Arena>> arenas;
  Selection selection;

  /// Rows of the columns, selected or not.
  std::size_t rows() const { return selection.rows(); }
  const Column& column(std::size_t index) const { return *columns[index]; }
};

/// Makes a batch row by row from Values; for tests, literals and single rows.
class BatchBuilder {
 public:
  explicit BatchBuilder(const Schema& schema);

  /// `cells` has one value per column, each fitting its type.
  BatchBuilder& row(std::span<const Value> cells, Micros event_time = 0,
                    Micros watermark = kMinWatermark, ClockId clock = 0);
  /// Hands the batch over and starts an empty one.
  ColumnBatch finish();

 private:
  Schema schema_;
  std::vector<std::shared_ptr<Column>> columns_;
  std::shared_ptr<RowMeta> meta_;
  std::shared_ptr<Arena> arena_;
};

/// The cells of one row, for tests and messages.
std::vector<Value> row_values(const ColumnBatch& batch, std::size_t row);

}  // namespace sitrep
