// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a grouping reads of its input: which rows pass, their keys, and the arguments of the
// aggregates, evaluated once per batch. Rows are matched with their groups one by one, and then
// given to the accumulators together. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/batch_keys.h"
#include "engine/data/column_batch.h"
#include "engine/sql/evaluator.h"
#include "engine/sql/query.h"
#include "operators/accumulator_row.h"

namespace sitrep {

class GroupInputs {
 public:
  /// `where`: a boolean over the input; null: every row passes.
  GroupInputs(const sql::ExpressionPtr& where, const sql::Grouping& grouping);

  /// Begins a batch: the rows that pass. Their columns are valid until the next batch.
  Selection begin(const ColumnBatch& batch);
  void key_of(std::size_t row, std::string& key) const {
    encode_group_key(key_columns_, row, key);
  }
  /// Encodes and hashes the keys of all rows that passed.
  const BatchKeys& encode_keys(const Selection& selection) {
    keys_.encode(key_columns_, selection);
    return keys_;
  }
  const std::vector<ColumnPtr>& key_columns() const { return key_columns_; }
  /// The row is in the group whose accumulators are at `group`.
  void match(std::size_t row, std::byte* group) {
    rows_.push_back(static_cast<std::uint32_t>(row));
    groups_.push_back(group);
  }
  /// Gives the matched rows to their accumulators, laid out by `layout`.
  void update(const AccumulatorRow& layout, const RowMeta& meta);
  /// Values that could not be computed since this was asked last.
  std::size_t take_error_count();

 private:
  void keep_filtered(const Column& filter);

  std::optional<sql::Evaluator> where_;
  std::vector<sql::Evaluator> key_expressions_;
  std::vector<std::vector<sql::Evaluator>> arguments_;
  std::vector<std::optional<sql::Evaluator>> filters_;
  std::size_t errors_ = 0;
  // Of the batch at hand.
  std::unique_ptr<Arena> arena_;
  std::vector<ColumnPtr> key_columns_;
  BatchKeys keys_;
  std::vector<std::vector<ColumnPtr>> argument_columns_;
  std::vector<ColumnPtr> filter_columns_;
  std::vector<std::uint32_t> rows_;
  std::vector<std::byte*> groups_;
  std::vector<std::uint32_t> filtered_rows_;
  std::vector<std::byte*> filtered_groups_;
};

}  // namespace sitrep
