// SPDX-License-Identifier: Apache-2.0
#pragma once
// A table that every instance holds whole, once per process: read outside of the consumer group,
// built by one thread, and given to all workers as a value that never changes; a change of the
// table is another value (hence shared_ptr: workers let go of the old one when they come to it).
// What is in it is known to its builder and the operators that look things up.
// SharedTable: Thread-safe (const throughout). SharedTableBuilder: Thread-compatible.

#include <cstddef>
#include <memory>

#include "engine/base/ids.h"
#include "engine/data/column_batch.h"

namespace sitrep {

class SharedTable {
 public:
  virtual ~SharedTable() = default;
};
using SharedTablePtr = std::shared_ptr<const SharedTable>;

class SharedTableBuilder {
 public:
  virtual ~SharedTableBuilder() = default;
  /// Rows of one partition: the table's columns and, behind them, whether each is a delete; event
  /// time of each in the meta.
  virtual void add(const ColumnBatch& batch, PartitionId partition) = 0;
  /// The table as it is now.
  virtual SharedTablePtr snapshot() = 0;
  /// Bytes of memory held, about.
  virtual std::size_t memory_bytes() const = 0;
};

}  // namespace sitrep
