// SPDX-License-Identifier: Apache-2.0
#pragma once
// Puts the rows of each clock in the order of event time, those of one time as they came, for
// whatever reads them: alert rules, functions across rows. A row is held until the watermark of its
// clock reaches it, so reordering within out_of_orderness changes nothing. When the clock goes
// idle, is forgotten, or the input ends, held rows go out ahead of the watermark
// (RowMeta::ahead). Rows behind the watermark go out as late.
//
// The watermark of a row that goes out is what its readers may take as passed before it: the
// instant before the row, since everything older is out, but not more, since a timer of the row's
// own instant waits for the row. A row that came when the watermark stood at its very time has
// that: such timers have fired. What goes out of a clock, in which order and with which watermarks,
// does not depend on how rows are cut into batches. Rows of several clocks go out in the order of
// the rows that sent them out.
//
// State: held (RowQueue). Used only by its worker.

#include <cstdint>
#include <span>
#include <vector>

#include "engine/api/operator.h"

namespace sitrep {

class EventOrder final : public Operator {
 public:
  struct Options {
    Schema input;
    /// Positions of the columns that anybody reads behind this operator, ascending: what is not
    /// among them is held by nobody, and null in the output.
    std::vector<std::size_t> read;
    /// Whether late rows are put out; they are counted anyway.
    bool emit_late = true;
  };

  explicit EventOrder(const Options& options);

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;
  Result<void> advance(std::span<const ClockReading> readings, Emitter& out) override;
  Result<void> forget(ClockId clock, Emitter& out) override;
  Result<void> finish(Emitter& out) override;
  Micros output_watermark(ClockId clock, Micros watermark) const override;

 private:
  /// A watermark that a row of the batch at hand brought: the `row`-th that counts.
  struct Step {
    Micros watermark;
    std::size_t row;
  };
  struct Clock {
    Micros watermark = kMinWatermark;
    // Of the batch at hand.
    std::vector<Step> steps;
    std::vector<std::size_t> at_watermark;  // rows that came at their own time
    bool is_touched = false;
  };
  struct Released {
    RowQueue::Row row;
    ClockId clock;
    Micros watermark;
    std::size_t step;  // the row of the batch that sent it out
  };

  Clock& clock(ClockId id);
  /// Rows that a restart brought and that its clocks had passed already: left behind by alerts that
  /// the job had at another time.
  void drop_passed(std::span<const ClockReading> readings);
  /// What the clock's watermark has reached. Numbers from `at_watermark` on: rows that came at it.
  void release(ClockId id, std::uint64_t at_watermark);
  void release_ahead(ClockId id, Emitter& out);
  void flush(Emitter& out, bool ahead = false);
  void emit(std::span<const Released> rows, Emitter& out, bool ahead);

  const Options options_;
  RowQueue* held_ = nullptr;
  OperatorCounter* late_rows_ = nullptr;
  OperatorCounter* stale_rows_ = nullptr;
  std::vector<Clock> clocks_;  // by ClockId
  std::vector<ClockId> touched_;
  std::vector<std::uint32_t> on_time_;
  std::vector<std::uint32_t> at_watermark_;
  std::vector<RowQueue::Row> taken_;
  std::vector<Released> released_;  // on their way out
  bool has_begun_ = false;
};

}  // namespace sitrep
