// SPDX-License-Identifier: Apache-2.0
#pragma once
// Gives each row of a stream the columns of a table's row: of its newest version at or before the
// row's event time (decision 0008). The table is the side input: rows with the table's columns and,
// behind them, whether the message was a delete. Or it is a shared table, of which take_table gives
// the values; then nothing below is kept here. A row without a match is dropped and counted, or
// goes on with nulls.
//
// With `wait`, a row is held until the table's watermark has reached it, or its own clock's has
// passed it by `wait`, or the table or the clock is idle, or the input ends; held rows of a clock
// leave in the order of event time, ties as they came, and hold the output's watermark back. A row
// behind that watermark waits as if it were at it, so that the watermark never goes back.
//
// State: versions (key → versions), deletions (when a deleted key can be forgotten), held (rows
// waiting), sequence (arrival numbers). Used only by its worker.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/api/operator.h"
#include "operators/arrival_numbers.h"
#include "operators/held_row.h"
#include "operators/table_versions.h"
#include "operators/versioned_table.h"

namespace sitrep {

class LookupJoin final : public Operator {
 public:
  struct Options {
    /// Of the stream. The output has its columns, then those of the table.
    Schema input;
    /// Of the table, without the mark of deletes.
    Schema table;
    /// Positions in `input`, compared with those in `table` one by one; of the same types.
    std::vector<std::size_t> keys;
    std::vector<std::size_t> table_keys;
    /// LEFT JOIN: a row without a match stays.
    bool keeps_unmatched = false;
    /// The table is a shared one (VersionedTable), given by take_table: there is no side input, no
    /// state and no waiting.
    bool shared = false;
    /// How far behind the table's watermark rows are still answered.
    Micros history = 0;
    /// How long, in event time, a row waits for its table row; 0: it is joined when it comes.
    Micros wait = 0;
  };

  explicit LookupJoin(const Options& options);
  ~LookupJoin() override;

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;
  Result<void> advance(std::span<const ClockReading> readings, Emitter& out) override;
  Result<void> process_side(const ColumnBatch& batch, Emitter& out) override;
  Result<void> advance_side(std::span<const ClockReading> readings, Emitter& out) override;
  Result<void> take_table(SharedTablePtr table) override;
  Result<void> forget(ClockId clock, Emitter& out) override;
  Result<void> finish(Emitter& out) override;
  Micros output_watermark(ClockId clock, Micros watermark) const override;

 private:
  struct Output;
  enum class Reach { kDueRows, kAllHeldRows };

  Result<void> join_at_once(const ColumnBatch& batch, Emitter& out);
  Result<void> hold_or_join(const ColumnBatch& batch, Emitter& out);
  Result<void> hold(const ColumnBatch& batch, std::size_t row, Micros place);
  /// Null when there is none.
  Result<const TableVersion*> look_up(std::string_view key, Micros time);
  /// Appends the table's columns for a row of `columns`; whether there was a match.
  Result<bool> append_match(std::span<const ColumnPtr> keys, std::size_t row, Micros time,
                            std::span<const std::shared_ptr<Column>> columns, Arena& arena);
  /// Whether a row at `place` need not wait any longer.
  bool is_due(ClockId clock, Micros place) const;
  Result<void> release(ClockId clock, Reach reach);
  Result<void> release_all(Reach reach);
  Result<void> finish_row(Micros time, Micros watermark, ClockId clock);
  void flush(Emitter& out);

  Result<void> add_to_table(const ColumnBatch& batch, std::size_t row,
                            std::span<const ColumnPtr> keys);
  Result<void> forget_deleted();
  Micros horizon() const { return history_horizon(table_watermark_, options_.history); }
  Micros& watermark_of(ClockId clock);

  const Options options_;
  const HeldRow held_form_;
  std::shared_ptr<const VersionedTable> shared_;
  Table* versions_ = nullptr;
  TimeQueue* deletions_ = nullptr;
  TimeQueue* held_ = nullptr;
  ArrivalNumbers arrivals_;
  OperatorCounter* unmatched_rows_ = nullptr;
  OperatorCounter* late_versions_ = nullptr;
  Micros table_watermark_ = kMinWatermark;
  bool table_idle_ = false;
  std::vector<Micros> watermarks_;  // by ClockId
  std::unique_ptr<Output> output_;  // rows of the call at hand that waited, or could have
  std::string key_;
};

}  // namespace sitrep
