// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a sender task tells one partition of a repartition topic in one epoch (decision 0007): rows,
// and then where its clocks stand. The form is documented in docs/formats.md. Functions only;
// thread-safe.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/clock_table.h"
#include "engine/base/result.h"
#include "engine/data/column_batch.h"
#include "engine/state/task_id.h"

namespace sitrep {

/// Where a clock of a sender stands behind the rows that came with it or before.
struct ClockWord {
  ClockId clock = 0;
  Micros watermark = kMinWatermark;
  bool idle = false;
  /// The sender's bounded input has ended.
  bool finished = false;
  /// The sender has forgotten the clock (clock_expire); the rest of the word says nothing.
  bool forgotten = false;
  /// It is idle, and moves by processing time (idle_close).
  bool goes_on = false;

  friend bool operator==(const ClockWord&, const ClockWord&) = default;
};

struct RepartitionRecord {
  TaskId sender = {};
  /// The selected rows, with event time and clock; their watermarks are the receiver's affair.
  /// Rows that were read are all selected, have no origin, and keep their texts in their own arena.
  ColumnBatch rows;
  std::vector<ClockWord> words;
  /// The sender has read for `idle_after` since it began: a clock that it never spoke of is none of
  /// its own.
  bool settled = false;
};

/// Clocks are those of the sender's task.
std::string encode_repartition_record(const RepartitionRecord& record, const ClockTable& clocks);
/// Names of clocks become numbers of the receiver's `clocks`. kInvalidConfig when the rows have
/// other columns than `types` or the version is unknown (another version of the job or program
/// wrote it); kUnavailable, not to be tried again, when the bytes are no such record.
Result<RepartitionRecord> decode_repartition_record(std::string_view bytes,
                                                    std::span<const Type> types,
                                                    ClockTable& clocks);

}  // namespace sitrep
