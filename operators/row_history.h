// SPDX-License-Identifier: Apache-2.0
#pragma once
// Gives each row the results of functions across rows (engine/sql/history_call.h): of the rows of
// its key before it, in the order of event time, ties as they came. A row is held until the
// watermark of its clock reaches it; then it goes out with the input's columns and, behind them,
// one for each call. So reordering within out_of_orderness changes nothing. When the clock goes
// idle, or the input ends, held rows go out; one that comes for its key behind them is older than
// what is known and is dropped (stale_rows). Rows behind the watermark go out as late.
//
// State: keys (key → KeyHistory), held (rows waiting), sequence (arrival numbers). Used only by its
// worker.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/api/operator.h"
#include "engine/sql/evaluator.h"
#include "engine/sql/history_call.h"
#include "operators/arrival_numbers.h"
#include "operators/held_row.h"
#include "operators/key_history.h"

namespace sitrep {

class RowHistory final : public Operator {
 public:
  struct Options {
    Schema input;
    /// Positions of the columns that tell one key from another.
    std::vector<std::size_t> key_columns;
    /// Positions of those that anybody reads behind this operator, the calls and the key included,
    /// ascending: what is not among them is held by nobody, and null in the output.
    std::vector<std::size_t> read;
    std::vector<sql::HistoryCall> calls;
    /// Whether late rows are put out; they are counted anyway.
    bool emit_late = true;
  };

  explicit RowHistory(const Options& options);
  ~RowHistory() override;

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;
  Result<void> advance(std::span<const ClockReading> readings, Emitter& out) override;
  Result<void> forget(ClockId clock, Emitter& out) override;
  Result<void> finish(Emitter& out) override;
  Micros output_watermark(ClockId clock, Micros watermark) const override;

 private:
  struct Output;
  struct Call {
    sql::HistoryCall call;
    std::vector<sql::Evaluator> arguments;
  };
  enum class Reach { kWatermark, kAllHeldRows };

  Result<void> hold(const ColumnBatch& batch, std::size_t row);
  Result<void> release(ClockId clock, Reach reach);
  Result<void> take_row(const TimeQueue::Item& item, ClockId clock);
  void compute(Call& call, ColumnBatch& rows, const std::vector<KeyHistory*>& histories,
               std::size_t index, Arena& arena);
  void flush(Emitter& out);
  Micros& watermark_of(ClockId clock);

  const Options options_;
  const Schema held_schema_;
  const HeldRow held_form_;
  std::vector<Call> calls_;
  Table* keys_ = nullptr;
  TimeQueue* held_ = nullptr;
  ArrivalNumbers arrivals_;
  OperatorCounter* late_rows_ = nullptr;
  OperatorCounter* stale_rows_ = nullptr;
  OperatorCounter* sql_errors_ = nullptr;
  std::vector<Micros> watermarks_;  // by ClockId
  std::unique_ptr<Output> output_;  // rows of the call at hand
  std::string key_;
};

}  // namespace sitrep
