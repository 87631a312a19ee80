// SPDX-License-Identifier: Apache-2.0
#include "operators/union_by_time.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "engine/api/group_key.h"

namespace sitrep {
namespace {

/// What a cell takes beside its text, about.
constexpr std::size_t kCellBytes = sizeof(std::string_view) + 1;

std::vector<std::size_t> order_by(const std::vector<Micros>& places) {
  std::vector<std::size_t> order(places.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t row) { return places[row]; });
  return order;
}

}  // namespace

UnionByTime::UnionByTime(const Options& options) : options_(options) { begin(); }

void UnionByTime::begin() {
  columns_.clear();
  for (const Field& field : options_.row.fields) {
    columns_.push_back(std::make_shared<Column>(field.type));
  }
  meta_ = std::make_shared<RowMeta>();
  arena_ = std::make_shared<Arena>();
  places_.clear();
  last_place_.clear();
  kept_bytes_ = 0;
}

Result<void> UnionByTime::process(const ColumnBatch& batch, Emitter& out) {
  batch.selection.for_each([&](std::size_t row) { keep(batch, row); });
  return kept_bytes_ > options_.kept_bytes_max ? end_epoch(out) : Result<void>();
}

/// Copies: a batch of one record holds on to an arena of a quarter of a megabyte.
void UnionByTime::keep(const ColumnBatch& batch, std::size_t row) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& from = *batch.columns[i];
    if (from.type() != Type::kText || from.is_null(row)) {
      columns_[i]->append_from(from, row);
      continue;
    }
    const std::string_view text = from.texts()[row];
    columns_[i]->append_text(arena_->store(text));
    kept_bytes_ += text.size();
  }
  kept_bytes_ += columns_.size() * kCellBytes;
  meta_->event_time.push_back(batch.meta->event_time[row]);
  meta_->clock.push_back(batch.meta->clock_of(row));
  places_.push_back(place_of(batch, row));
}

Micros UnionByTime::place_of(const ColumnBatch& batch, std::size_t row) {
  const Micros time = batch.meta->event_time[row];
  if (options_.together.empty()) return time;
  std::vector<ColumnPtr> columns;
  for (const std::size_t column : options_.together) columns.push_back(batch.columns[column]);
  std::string key;
  encode_group_key(columns, row, key);
  Micros& last = last_place_.try_emplace(std::move(key), time).first->second;
  last = std::max(last, time);
  return last;
}

Result<void> UnionByTime::end_epoch(Emitter& out) {
  if (meta_->event_time.empty()) return {};
  ColumnBatch batch;
  auto meta = std::make_shared<RowMeta>();
  const std::vector<std::size_t> order = order_by(places_);
  for (const auto& kept : columns_) {
    auto column = std::make_shared<Column>(kept->type());
    column->reserve(order.size());
    for (const std::size_t row : order) column->append_from(*kept, row);
    batch.columns.push_back(std::move(column));
  }
  for (const std::size_t row : order) {
    meta->event_time.push_back(meta_->event_time[row]);
    meta->clock.push_back(meta_->clock[row]);
  }
  meta->watermark.assign(order.size(), kMinWatermark);
  batch.meta = std::move(meta);
  batch.arenas.push_back(std::move(arena_));
  batch.selection = Selection(order.size());
  begin();
  out.emit(std::move(batch));
  return {};
}

}  // namespace sitrep
