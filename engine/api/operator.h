// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an operator is: something that is called with batches of rows and emits batches of rows.
// Only process() must be written. One operator object serves one task, on one thread: no locks, no
// clocks of its own, no state but what the context hands out (state kept elsewhere is lost at a
// restart).
//
// The engine calls, in this order: open once; then process, advance, tick and end_epoch as things
// happen; finish once when a bounded input has ended. After a restart, open is called on a new
// object, its stores are filled again, and the calls go on.
//
// An operator that joins has side inputs beside its input: tables. Their rows and clocks come by
// calls of their own and are no part of the node's clock; what they set free goes out by the
// emitter all the same.
//
// An Error stops the task (and the engine decides what follows); a bad row is not an Error.
// The face is unstable until operators have been through a restore from the state log.
// Used only by its worker.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "engine/api/clock_table.h"
#include "engine/api/numbered_keys.h"
#include "engine/api/numbered_times.h"
#include "engine/api/row_queue.h"
#include "engine/api/shared_table.h"
#include "engine/api/table.h"
#include "engine/api/time_queue.h"
#include "engine/base/result.h"
#include "engine/data/column_batch.h"

namespace sitrep {

/// Where a clock stands: no row at or before `watermark` is expected any more.
struct ClockReading {
  ClockId clock = 0;
  Micros watermark = kMinWatermark;
  /// No row came for `idle_after`: others need not wait for this clock.
  bool idle = false;

  friend bool operator==(const ClockReading&, const ClockReading&) = default;
};

/// Takes what an operator puts out.
class Emitter {
 public:
  virtual ~Emitter() = default;
  /// Rows of the operator's output schema, with meta: event time, watermark and clock of each row.
  virtual void emit(ColumnBatch batch) = 0;
  /// Rows of the *input* that came too late, with their meta.
  virtual void emit_late(ColumnBatch batch) = 0;
};

/// A number that only grows, published as a metric; one writer.
class OperatorCounter {
 public:
  virtual ~OperatorCounter() = default;
  virtual void add(std::uint64_t count) = 0;
};

/// What an operator asks for in open(); everything lives as long as the operator.
class OperatorContext {
 public:
  virtual ~OperatorContext() = default;
  /// State: a table called `purpose` within this stream ("groups").
  virtual Table& table(std::string_view purpose, std::unique_ptr<const RowCodec> codec) = 0;
  /// State: timers, or rows that wait for something else than their event time.
  virtual TimeQueue& time_queue(std::string_view purpose) = 0;
  /// State: many keys that are met once and stay as they are.
  virtual NumberedKeys& numbered_keys(std::string_view purpose) = 0;
  /// State: a time for each of many things, changed by nearly every row.
  virtual NumberedTimes& numbered_times(std::string_view purpose) = 0;
  /// State: rows of `schema` that wait for their event time.
  virtual RowQueue& row_queue(std::string_view purpose, const Schema& schema) = 0;
  /// Counter sitrep_<name>_total{stream=…}. Known names: late_rows, dropped_late_rows, sql_errors,
  /// stale_rows, unmatched_rows, late_versions; others become
  /// sitrep_operator_events_total{event=name}.
  virtual OperatorCounter& counter(std::string_view name) = 0;
  virtual const ClockTable& clocks() const = 0;
  /// The number of the task: of the partition of each topic that it reads.
  virtual PartitionId partition() const = 0;
  /// Becomes true when every input was read to the end that it had when the task began: before that
  /// nothing new is known of what did not come.
  virtual const bool& caught_up() const = 0;
};

class Operator {
 public:
  virtual ~Operator() = default;

  /// Asks for state and counters. Called once, before anything else.
  virtual Result<void> open(OperatorContext& context);
  /// Rows of the input, with their meta; only the selected ones count.
  virtual Result<void> process(const ColumnBatch& batch, Emitter& out) = 0;
  /// Some clocks of the input moved, or went idle, after the last batch.
  virtual Result<void> advance(std::span<const ClockReading> readings, Emitter& out);
  /// Rows of a side input, with their meta. Default: an Error, there is no side input.
  virtual Result<void> process_side(const ColumnBatch& batch, Emitter& out);
  /// The clocks of a side input moved, or went idle, after its last batch.
  virtual Result<void> advance_side(std::span<const ClockReading> readings, Emitter& out);
  /// A shared table has this value from now on; called before any row, and whenever it changed.
  virtual Result<void> take_table(SharedTablePtr table);
  /// No row came on this clock for so long that the job says to forget it (clock_expire): close
  /// what is open on it and drop what is kept per clock. A later row begins it anew.
  virtual Result<void> forget(ClockId clock, Emitter& out);
  /// Processing time went on: called a few times a second, with the time now, and before the first
  /// rows.
  virtual Result<void> tick(Micros now, Emitter& out);
  /// The epoch is about to close: the last moment to emit into it.
  virtual Result<void> end_epoch(Emitter& out);
  /// The bounded input has ended: close what is open.
  virtual Result<void> finish(Emitter& out);
  /// How far the output's clock is when the input's is at `watermark`: an operator that still owes
  /// rows of earlier event times holds it back. Never above `watermark`. Default: `watermark`.
  virtual Micros output_watermark(ClockId clock, Micros watermark) const;
  /// Bytes of what is kept only to be faster, and can be made anew from the state. Default: none.
  virtual std::size_t cache_bytes() const;
  /// Gives them back: memory is short.
  virtual void drop_cache();
};

}  // namespace sitrep
