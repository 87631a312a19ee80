// SPDX-License-Identifier: Apache-2.0
#include "operators/row_history.h"

#include <memory>
#include <string>
#include <utility>

#include "engine/api/group_key.h"

namespace sitrep {
namespace {

constexpr PaneKey kOnlyPane{.clock = 0, .end = 0};

}  // namespace

RowHistory::RowHistory(const Options& options) : options_(options) {
  for (const sql::HistoryCall& call : options_.calls) {
    Call& mine = calls_.emplace_back(Call{.call = call, .arguments = {}});
    for (const sql::ExpressionPtr& argument : call.arguments) {
      mine.arguments.emplace_back(argument);
    }
  }
}

Result<void> RowHistory::open(OperatorContext& context) {
  keys_ = &context.table("keys", std::make_unique<KeyHistoryRow>(options_.calls));
  stale_rows_ = &context.counter("stale_rows");
  sql_errors_ = &context.counter("sql_errors");
  return {};
}

Result<void> RowHistory::process(const ColumnBatch& batch, Emitter& out) {
  ASSIGN_OR_RETURN(const std::vector<KeyHistory*> histories, histories_of(batch));
  ColumnBatch rows = batch;
  std::vector<std::uint32_t> kept;
  for (std::size_t row = 0; row < histories.size(); ++row) {
    if (histories[row] != nullptr) kept.push_back(static_cast<std::uint32_t>(row));
  }
  if (kept.empty()) return {};
  rows.selection = Selection(batch.rows(), std::move(kept));
  auto arena = std::make_shared<Arena>();
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    compute(calls_[i], rows, histories, i, *arena);
  }
  rows.arenas.push_back(std::move(arena));
  out.emit(std::move(rows));
  return {};
}

Result<std::vector<KeyHistory*>> RowHistory::histories_of(const ColumnBatch& batch) {
  std::vector<ColumnPtr> key_columns;
  for (const std::size_t column : options_.key_columns) {
    key_columns.push_back(batch.columns[column]);
  }
  std::vector<KeyHistory*> out(batch.rows());
  std::string key;
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    encode_group_key(key_columns, row, key);
    std::byte* const bytes = keys_->upsert(keys_->pane(kOnlyPane), key);
    if (bytes == nullptr) return *keys_->take_error();
    KeyHistory& history = KeyHistoryRow::get(bytes);
    const Micros time = batch.meta->event_time[row];
    if (time < history.last_row) {
      stale_rows_->add(1);
      continue;
    }
    history.last_row = time;
    out[row] = &history;
  }
  return out;
}

/// Appends a call's column to `rows`.
void RowHistory::compute(Call& call, ColumnBatch& rows, const std::vector<KeyHistory*>& histories,
                         std::size_t index, Arena& arena) {
  std::vector<ColumnPtr> arguments;
  std::size_t errors = 0;
  for (sql::Evaluator& argument : call.arguments) {
    arguments.push_back(argument.evaluate(rows, rows.selection, arena));
    errors += argument.take_error_count();
  }
  auto results = std::make_shared<Column>(call.call.type);
  results->reserve(histories.size());
  for (std::size_t row = 0; row < histories.size(); ++row) {
    if (histories[row] == nullptr) {
      results->append_null();
      continue;
    }
    CallMemory& memory = histories[row]->calls[index];
    const Micros time = rows.meta->event_time[row];
    if (!remember_row(call.call, arguments, row, time, memory, *results, arena)) ++errors;
  }
  rows.columns.push_back(std::move(results));
  if (errors > 0) sql_errors_->add(errors);
}

}  // namespace sitrep
