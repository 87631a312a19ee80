// SPDX-License-Identifier: Apache-2.0
#include "engine/data/column_batch.h"

#include <utility>

namespace sitrep {
namespace {

void append_value(Column& column, const Value& value, Arena& arena) {
  ENSURE(fits(value, column.type()), "the value has another type than its column");
  if (is_null(value)) return column.append_null();
  switch (column.type()) {
    case Type::kBoolean: column.append_boolean(std::get<bool>(value)); break;
    case Type::kDouble: column.append_double(std::get<double>(value)); break;
    case Type::kText: column.append_text(arena.store(std::get<std::string>(value))); break;
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: column.append_int(std::get<std::int64_t>(value)); break;
  }
}

}  // namespace

BatchBuilder::BatchBuilder(const Schema& schema) : schema_(schema) { (void)finish(); }

BatchBuilder& BatchBuilder::row(std::span<const Value> cells, Micros event_time, Micros watermark,
                                ClockId clock) {
  ENSURE(cells.size() == schema_.size(), "a row has one value per column");
  for (std::size_t i = 0; i < cells.size(); ++i) append_value(*columns_[i], cells[i], *arena_);
  meta_->event_time.push_back(event_time);
  meta_->watermark.push_back(watermark);
  meta_->clock.push_back(clock);
  return *this;
}

ColumnBatch BatchBuilder::finish() {
  ColumnBatch batch;
  if (meta_) {
    batch.selection = Selection(meta_->event_time.size());
    batch.columns.assign(columns_.begin(), columns_.end());
    batch.meta = std::move(meta_);
    batch.arenas.push_back(std::move(arena_));
  }
  columns_.clear();
  for (const Field& field : schema_.fields) {
    columns_.push_back(std::make_shared<Column>(field.type));
  }
  meta_ = std::make_shared<RowMeta>();
  arena_ = std::make_shared<Arena>();
  return batch;
}

std::vector<Value> row_values(const ColumnBatch& batch, std::size_t row) {
  std::vector<Value> cells;
  cells.reserve(batch.columns.size());
  for (const ColumnPtr& column : batch.columns) cells.push_back(column->value(row));
  return cells;
}

}  // namespace sitrep
