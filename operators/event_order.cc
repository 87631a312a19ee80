// SPDX-License-Identifier: Apache-2.0
#include "operators/event_order.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sitrep {
namespace {

constexpr Micros kEndOfTime = std::numeric_limits<Micros>::max();
constexpr std::uint64_t kNoNumber = std::numeric_limits<std::uint64_t>::max();
/// A long silence may have many rows held: they go out in batches of so many.
constexpr std::size_t kBatchRows = 4096;
/// Room for so many on their way out is kept.
constexpr std::size_t kRowsKept = 64 * 1024;

Schema picked(const Schema& schema, const std::vector<std::size_t>& columns) {
  Schema out;
  for (const std::size_t column : columns) out.fields.push_back(schema.fields[column]);
  return out;
}

}  // namespace

EventOrder::EventOrder(const Options& options) : options_(options) {}

Result<void> EventOrder::open(OperatorContext& context) {
  held_ = &context.row_queue("held", picked(options_.input, options_.read));
  late_rows_ = &context.counter("late_rows");
  stale_rows_ = &context.counter("stale_rows");
  return {};
}

EventOrder::Clock& EventOrder::clock(ClockId id) {
  if (id >= clocks_.size()) clocks_.resize(id + 1);
  return clocks_[id];
}

Result<void> EventOrder::process(const ColumnBatch& batch, Emitter& out) {
  has_begun_ = true;
  const RowMeta& meta = *batch.meta;
  std::vector<std::uint32_t> late;
  on_time_.clear();
  at_watermark_.clear();
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    const ClockId id = meta.clock_of(row);
    Clock& mine = clock(id);
    if (!std::exchange(mine.is_touched, true)) touched_.push_back(id);
    if (meta.watermark[row] > mine.watermark) {
      mine.watermark = meta.watermark[row];
      mine.steps.push_back({.watermark = mine.watermark, .row = n});
    }
    const Micros time = meta.event_time[row];
    if (time < meta.watermark[row]) {
      late.push_back(static_cast<std::uint32_t>(row));
    } else if (time > mine.watermark) {
      on_time_.push_back(static_cast<std::uint32_t>(row));
    } else {
      at_watermark_.push_back(static_cast<std::uint32_t>(row));
      mine.at_watermark.push_back(n);
    }
  }
  std::vector<ColumnPtr> columns;
  for (const std::size_t column : options_.read) columns.push_back(batch.columns[column]);
  held_->push(columns, meta, on_time_);
  // Behind all others of their time, as they came.
  const std::uint64_t at_watermark = held_->next_number();
  held_->push(columns, meta, at_watermark_);
  for (const ClockId id : touched_) release(id, at_watermark);
  if (touched_.size() > 1) {
    std::ranges::stable_sort(released_, {}, &Released::step);
  }
  for (const ClockId id : touched_) {
    clocks_[id].is_touched = false;
    clocks_[id].steps.clear();
    clocks_[id].at_watermark.clear();
  }
  touched_.clear();
  flush(out);
  if (late.empty()) return {};
  late_rows_->add(late.size());
  if (options_.emit_late) {
    ColumnBatch late_batch = batch;
    late_batch.selection = Selection(batch.rows(), std::move(late));
    out.emit_late(std::move(late_batch));
  }
  return {};
}

void EventOrder::release(ClockId id, std::uint64_t at_watermark) {
  const Clock& mine = clock(id);
  taken_.clear();
  held_->take(id, mine.watermark, taken_);
  auto step = mine.steps.begin();
  auto at = mine.at_watermark.begin();
  for (const RowQueue::Row& row : taken_) {
    if (row.number >= at_watermark) {
      // It goes out when it comes.
      released_.push_back({.row = row, .clock = id, .watermark = row.time, .step = *at++});
      continue;
    }
    while (step != mine.steps.end() && step->watermark < row.time) ++step;
    released_.push_back({.row = row,
                         .clock = id,
                         .watermark = row.time - 1,
                         .step = step == mine.steps.end() ? 0 : step->row});
  }
}

void EventOrder::release_ahead(ClockId id, Emitter& out) {
  flush(out);
  const Micros watermark = clock(id).watermark;
  taken_.clear();
  held_->take(id, kEndOfTime, taken_);
  for (const RowQueue::Row& row : taken_) {
    released_.push_back({.row = row, .clock = id, .watermark = watermark, .step = 0});
  }
  flush(out, /*ahead=*/true);
}

void EventOrder::drop_passed(std::span<const ClockReading> readings) {
  taken_.clear();
  for (const ClockReading& reading : readings) {
    held_->take(reading.clock, reading.watermark, taken_);
  }
  Arena arena;
  (void)held_->copy_out(taken_, arena);
  if (!taken_.empty()) stale_rows_->add(taken_.size());
}

Result<void> EventOrder::advance(std::span<const ClockReading> readings, Emitter& out) {
  // The first word of all: where the clocks stood when what is held was saved.
  if (!std::exchange(has_begun_, true)) drop_passed(readings);
  for (const ClockReading& reading : readings) {
    Clock& mine = clock(reading.clock);
    mine.watermark = std::max(mine.watermark, reading.watermark);
    release(reading.clock, kNoNumber);
    // A camp's last word before its link dies counts, although W will not reach it.
    if (reading.idle) release_ahead(reading.clock, out);
  }
  flush(out);
  return {};
}

Result<void> EventOrder::forget(ClockId id, Emitter& out) {
  release_ahead(id, out);
  clock(id).watermark = kMinWatermark;
  return {};
}

Result<void> EventOrder::finish(Emitter& out) {
  for (const ClockId id : held_->clocks()) release_ahead(id, out);
  return {};
}

Micros EventOrder::output_watermark(ClockId id, Micros watermark) const {
  const auto first = held_->first_time(id);
  return first ? std::min(watermark, *first) : watermark;
}

void EventOrder::flush(Emitter& out, bool ahead) {
  const std::span<const Released> rows = released_;
  for (std::size_t from = 0; from < rows.size(); from += kBatchRows) {
    emit(rows.subspan(from, std::min(kBatchRows, rows.size() - from)), out, ahead);
  }
  released_.clear();
  if (released_.capacity() > kRowsKept) std::vector<Released>().swap(released_);
  if (taken_.capacity() > kRowsKept) std::vector<RowQueue::Row>().swap(taken_);
}

void EventOrder::emit(std::span<const Released> rows, Emitter& out, bool ahead) {
  auto meta = std::make_shared<RowMeta>();
  meta->ahead = ahead;
  std::vector<RowQueue::Row> places;
  const bool many_clocks =
      std::ranges::any_of(rows, [](const Released& row) { return row.clock != 0; });
  for (const Released& row : rows) {
    places.push_back(row.row);
    meta->event_time.push_back(row.row.time);
    meta->watermark.push_back(row.watermark);
    if (many_clocks) meta->clock.push_back(row.clock);
  }
  auto arena = std::make_shared<Arena>();
  std::vector<ColumnPtr> columns = held_->copy_out(places, *arena);
  ColumnBatch batch;
  batch.columns.resize(options_.input.size());
  for (std::size_t i = 0; i < options_.read.size(); ++i) {
    batch.columns[options_.read[i]] = std::move(columns[i]);
  }
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    if (batch.columns[i]) continue;
    auto unread = std::make_shared<Column>(options_.input.fields[i].type, rows.size());
    std::ranges::fill(unread->nulls(), std::uint8_t{1});
    batch.columns[i] = std::move(unread);
  }
  batch.meta = std::move(meta);
  batch.arenas.push_back(std::move(arena));
  batch.selection = Selection(rows.size());
  out.emit(std::move(batch));
}

}  // namespace sitrep
