// SPDX-License-Identifier: Apache-2.0
#pragma once
// The first half of a window whose groups are spread over tasks (decision 0007): adds up the rows
// of an epoch per clock, pane and group, and puts the accumulators out, saved, when the epoch ends.
// The second half is a WindowAggregate of merging(grouping). Keeps no rows between epochs.
//
// Rows that may be late for the second half are put out alone, with their columns, since only that,
// whose clock is the minimum over many, can say so: rows late for all their windows by their own
// clock, and rows of a clock that comes back after others went on without it (it was idle, or is
// new when the others no longer wait for new ones), until it has caught up with where the others
// can be. State: behind (per clock, until which watermark that is so).
//
// Output, in this order: the keys; per aggregate a text, its accumulator (AggregateFunction::save);
// the input's columns, null but in rows that were put out alone. Event time is that of the row, or
// of the pane's start. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/api/operator.h"
#include "engine/data/schema.h"
#include "engine/sql/query.h"
#include "operators/accumulator_row.h"
#include "operators/group_inputs.h"
#include "operators/window_math.h"

namespace sitrep {

class PartialAggregate final : public Operator {
 public:
  struct Options {
    /// Boolean over the input; null: every row passes.
    sql::ExpressionPtr where;
    sql::Grouping grouping;
    /// Of the window; 0 but with corrections.
    Micros allowed_lateness = 0;
    Schema input;
    /// RepartitionNode::settle_after: from then on a clock that is new was not waited for.
    Micros settle_after = std::numeric_limits<Micros>::max();
    /// How far event time may be ahead of processing time (max_future_skew).
    Micros ahead_max = std::numeric_limits<Micros>::max();
  };

  static std::size_t first_saved_column(const sql::Grouping& grouping) {
    return grouping.keys.size();
  }
  static std::size_t first_input_column(const sql::Grouping& grouping) {
    return grouping.keys.size() + grouping.aggregates.size();
  }
  static Schema output_schema(const Options& options);

  explicit PartialAggregate(const Options& options);
  ~PartialAggregate() override;

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;
  Result<void> advance(std::span<const ClockReading> readings, Emitter& out) override;
  Result<void> forget(ClockId clock, Emitter& out) override;
  Result<void> tick(Micros now, Emitter& out) override;
  /// Puts out what the epoch added up.
  Result<void> end_epoch(Emitter& out) override;
  Result<void> finish(Emitter& out) override;

 private:
  /// Rows on their way out.
  struct Output;
  struct Group {
    ClockId clock = 0;
    Micros pane_end = 0;
    std::string key;
    std::unique_ptr<std::uint64_t[]> accumulators;
  };

  /// Until which watermark rows of the clock may be late for the second half.
  Result<Micros> behind_until(ClockId clock);
  Result<void> set_behind_until(ClockId clock, Micros until);
  bool others_wait_for_new_clocks() const;

  std::byte* group_of(ClockId clock, Micros pane_end, const std::string& key);
  void put_alone(const ColumnBatch& batch, std::span<const std::uint32_t> rows);

  const Options options_;
  const WindowMath windows_;
  const Schema output_;
  const AccumulatorRow layout_;
  GroupInputs inputs_;
  OperatorCounter* sql_errors_ = nullptr;
  Table* behind_ = nullptr;
  std::vector<std::optional<Micros>> behind_until_;  // by ClockId, what behind_ holds
  Micros started_ = 0;                               // processing time of the first tick
  Micros now_ = 0;
  /// In order of appearance, found by clock, pane and key.
  std::vector<Group> groups_;
  std::unordered_map<std::string, std::size_t> numbers_;
  std::string name_;  // what numbers_ was asked for last
  /// Rows put out alone, behind all groups: a group's earlier rows come first.
  std::unique_ptr<Output> alone_;
};

}  // namespace sitrep
