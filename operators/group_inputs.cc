// SPDX-License-Identifier: Apache-2.0
#include "operators/group_inputs.h"

#include <utility>


namespace sitrep {

GroupInputs::GroupInputs(const sql::ExpressionPtr& where, const sql::Grouping& grouping) {
  if (where) where_.emplace(where);
  for (const sql::ExpressionPtr& key : grouping.keys) key_expressions_.emplace_back(key);
  for (const sql::AggregateCall& call : grouping.aggregates) {
    auto& arguments = arguments_.emplace_back();
    for (const sql::ExpressionPtr& argument : call.arguments) arguments.emplace_back(argument);
    auto& filter = filters_.emplace_back();
    if (call.filter) filter.emplace(call.filter);
  }
}

Selection GroupInputs::begin(const ColumnBatch& batch) {
  arena_ = std::make_unique<Arena>();
  key_columns_.clear();
  argument_columns_.clear();
  filter_columns_.clear();
  // Of a batch that failed before its groups were updated.
  rows_.clear();
  groups_.clear();
  Selection selection = batch.selection;
  if (where_) {
    selection = where_->select(batch, selection, *arena_);
    errors_ += where_->take_error_count();
  }
  if (selection.empty()) return selection;
  const auto evaluate = [&](sql::Evaluator& evaluator) {
    ColumnPtr column = evaluator.evaluate(batch, selection, *arena_);
    errors_ += evaluator.take_error_count();
    return column;
  };
  for (sql::Evaluator& key : key_expressions_) key_columns_.push_back(evaluate(key));
  for (auto& arguments : arguments_) {
    auto& columns = argument_columns_.emplace_back();
    for (sql::Evaluator& argument : arguments) columns.push_back(evaluate(argument));
  }
  for (auto& filter : filters_) filter_columns_.push_back(filter ? evaluate(*filter) : nullptr);
  return selection;
}

void GroupInputs::update(const AccumulatorRow& layout, const RowMeta& meta) {
  if (rows_.empty()) return;
  std::vector<const Column*> arguments;
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const ColumnPtr& filter = filter_columns_[i];
    if (filter) keep_filtered(*filter);
    arguments.clear();
    for (const ColumnPtr& column : argument_columns_[i]) arguments.push_back(column.get());
    layout.function(i).update({.arguments = arguments,
                               .event_time = meta.event_time,
                               .rows = filter ? filtered_rows_ : rows_,
                               .groups = filter ? filtered_groups_ : groups_,
                               .offset = layout.offset(i)});
  }
  rows_.clear();
  groups_.clear();
}

void GroupInputs::keep_filtered(const Column& filter) {
  filtered_rows_.clear();
  filtered_groups_.clear();
  for (std::size_t n = 0; n < rows_.size(); ++n) {
    if (filter.is_null(rows_[n]) || filter.booleans()[rows_[n]] == 0) continue;
    filtered_rows_.push_back(rows_[n]);
    filtered_groups_.push_back(groups_[n]);
  }
}

std::size_t GroupInputs::take_error_count() { return std::exchange(errors_, 0); }

}  // namespace sitrep
