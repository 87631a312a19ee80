// SPDX-License-Identifier: Apache-2.0
#include "operators/lookup_join.h"

#include <algorithm>
#include <utility>

#include "engine/api/cell_form.h"
#include "engine/api/group_key.h"
#include "engine/base/ensure.h"

namespace sitrep {
namespace {

constexpr PaneKey kOnlyPane{.clock = 0, .end = 0};
constexpr ClockId kTableClock = 0;

std::vector<ColumnPtr> picked(std::span<const ColumnPtr> columns,
                              const std::vector<std::size_t>& positions) {
  std::vector<ColumnPtr> out;
  for (const std::size_t position : positions) out.push_back(columns[position]);
  return out;
}

std::vector<std::shared_ptr<Column>> empty_columns(const Schema& schema) {
  std::vector<std::shared_ptr<Column>> columns;
  for (const Field& field : schema.fields) columns.push_back(std::make_shared<Column>(field.type));
  return columns;
}

void append_nulls(std::span<const std::shared_ptr<Column>> columns) {
  for (const auto& column : columns) column->append_null();
}

bool has_null(std::span<const ColumnPtr> columns, std::size_t row) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const ColumnPtr& column) { return column->is_null(row); });
}

}  // namespace

/// Rows that are built one by one, with all their columns.
struct LookupJoin::Output {
  explicit Output(const Options& options)
      : stream(empty_columns(options.input)), table(empty_columns(options.table)) {
    keys = picked(std::vector<ColumnPtr>(stream.begin(), stream.end()), options.keys);
  }

  std::vector<std::shared_ptr<Column>> stream;
  std::vector<std::shared_ptr<Column>> table;
  std::vector<ColumnPtr> keys;  // some of stream
  RowMeta meta;
  std::shared_ptr<Arena> arena = std::make_shared<Arena>();
  std::vector<std::shared_ptr<const Arena>> arenas;
  std::vector<std::uint32_t> kept;
};

LookupJoin::LookupJoin(const Options& options)
    : options_(options), held_form_(options_.input) {
  ENSURE(options_.keys.size() == options_.table_keys.size(), "a key of another table");
  ENSURE(!options_.shared || options_.wait == 0, "a shared table is not waited for");
}

LookupJoin::~LookupJoin() = default;

Result<void> LookupJoin::open(OperatorContext& context) {
  unmatched_rows_ = &context.counter("unmatched_rows");
  if (options_.shared) return {};
  versions_ = &context.table("versions", std::make_unique<VersionsRow>());
  deletions_ = &context.time_queue("deletions");
  held_ = &context.time_queue("held");
  arrivals_.open(context);
  late_versions_ = &context.counter("late_versions");
  return {};
}

Micros& LookupJoin::watermark_of(ClockId clock) {
  if (clock >= watermarks_.size()) watermarks_.resize(clock + 1, kMinWatermark);
  return watermarks_[clock];
}

// --- the stream

Result<void> LookupJoin::process(const ColumnBatch& batch, Emitter& out) {
  if (options_.wait == 0) return join_at_once(batch, out);
  return hold_or_join(batch, out);
}

/// The stream's columns are shared with the output; only the table's are made.
Result<void> LookupJoin::join_at_once(const ColumnBatch& batch, Emitter& out) {
  const std::vector<ColumnPtr> keys = picked(batch.columns, options_.keys);
  const auto columns = empty_columns(options_.table);
  for (const auto& column : columns) column->reserve(batch.rows());
  auto arena = std::make_shared<Arena>();
  std::vector<std::uint32_t> kept;
  std::size_t filled = 0;
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    for (; filled < row; ++filled) append_nulls(columns);
    ASSIGN_OR_RETURN(const bool matched,
                     append_match(keys, row, batch.meta->event_time[row], columns, *arena));
    ++filled;
    if (matched || options_.keeps_unmatched) kept.push_back(static_cast<std::uint32_t>(row));
  }
  for (; filled < batch.rows(); ++filled) append_nulls(columns);
  if (kept.empty()) return {};
  ColumnBatch joined = batch;
  joined.columns.insert(joined.columns.end(), columns.begin(), columns.end());
  joined.arenas.push_back(std::move(arena));
  joined.selection = Selection(batch.rows(), std::move(kept));
  out.emit(std::move(joined));
  return {};
}

Result<void> LookupJoin::hold_or_join(const ColumnBatch& batch, Emitter& out) {
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    const ClockId clock = batch.meta->clock_of(row);
    Micros& watermark = watermark_of(clock);
    if (batch.meta->watermark[row] > watermark) {
      watermark = batch.meta->watermark[row];
      TRY(release(clock, Reach::kDueRows));
    }
    // Rows that are held hold back what a row that comes now is late for.
    const auto first = held_->first_time(clock);
    const Micros reached = first ? std::min(watermark, *first) : watermark;
    const Micros time = batch.meta->event_time[row];
    const Micros place = std::max(time, reached);
    if (!is_due(clock, place)) {
      TRY(hold(batch, row, place));
      continue;
    }
    if (!output_) output_ = std::make_unique<Output>(options_);
    for (std::size_t i = 0; i < output_->stream.size(); ++i) {
      output_->stream[i]->append_from(batch.column(i), row);
    }
    TRY(finish_row(time, reached, clock));
  }
  // Texts of rows that did not wait lie in the batch's arenas.
  if (output_) {
    output_->arenas.insert(output_->arenas.end(), batch.arenas.begin(), batch.arenas.end());
  }
  flush(out);
  return {};
}

Result<void> LookupJoin::hold(const ColumnBatch& batch, std::size_t row, Micros place) {
  ASSIGN_OR_RETURN(std::string number, arrivals_.next_key());
  std::string payload;
  held_form_.save(batch.columns, row, batch.meta->event_time[row], payload);
  held_->push(batch.meta->clock_of(row),
              {.time = place, .key = std::move(number), .payload = std::move(payload)});
  return {};
}

bool LookupJoin::is_due(ClockId clock, Micros place) const {
  if (table_idle_ || place <= table_watermark_) return true;
  // Written so that nothing overflows where a clock has not begun.
  return clock < watermarks_.size() &&
         place <= history_horizon(watermarks_[clock], options_.wait);
}

Result<void> LookupJoin::release(ClockId clock, Reach reach) {
  while (const auto place = held_->first_time(clock)) {
    if (reach == Reach::kDueRows && !is_due(clock, *place)) return {};
    const auto item = held_->pop(clock, *place);
    if (!output_) output_ = std::make_unique<Output>(options_);
    ASSIGN_OR_RETURN(const Micros time,
                     held_form_.load(item->payload, output_->stream, *output_->arena));
    // One that came late stands where it is late still.
    const Micros before = time < *place ? *place : *place - 1;
    const Micros reached = std::min(watermark_of(clock), before);
    TRY(finish_row(time, reached, clock));
  }
  return {};
}

Result<void> LookupJoin::release_all(Reach reach) {
  if (held_->size() == 0) return {};
  for (const ClockId clock : held_->clocks()) TRY(release(clock, reach));
  return {};
}

/// The last row of the output's stream columns gets its table columns and its meta.
Result<void> LookupJoin::finish_row(Micros time, Micros watermark, ClockId clock) {
  Output& output = *output_;
  const std::size_t row = output.meta.event_time.size();
  ASSIGN_OR_RETURN(const bool matched,
                   append_match(output.keys, row, time, output.table, *output.arena));
  output.meta.event_time.push_back(time);
  output.meta.watermark.push_back(watermark);
  output.meta.clock.push_back(clock);
  if (matched || options_.keeps_unmatched) output.kept.push_back(static_cast<std::uint32_t>(row));
  return {};
}

void LookupJoin::flush(Emitter& out) {
  if (!output_) return;
  const std::unique_ptr<Output> output = std::move(output_);
  if (output->kept.empty()) return;
  ColumnBatch joined;
  joined.columns.assign(output->stream.begin(), output->stream.end());
  joined.columns.insert(joined.columns.end(), output->table.begin(), output->table.end());
  const std::size_t rows = output->meta.event_time.size();
  joined.meta = std::make_shared<RowMeta>(std::move(output->meta));
  joined.arenas = std::move(output->arenas);
  joined.arenas.push_back(std::move(output->arena));
  joined.selection = Selection(rows, std::move(output->kept));
  out.emit(std::move(joined));
}

Result<void> LookupJoin::advance(std::span<const ClockReading> readings, Emitter& out) {
  if (options_.shared) return {};
  for (const ClockReading& reading : readings) {
    Micros& watermark = watermark_of(reading.clock);
    watermark = std::max(watermark, reading.watermark);
    TRY(release(reading.clock, reading.idle ? Reach::kAllHeldRows : Reach::kDueRows));
  }
  flush(out);
  return {};
}

Result<void> LookupJoin::take_table(SharedTablePtr table) {
  shared_ = std::dynamic_pointer_cast<const VersionedTable>(table);
  ENSURE(shared_ != nullptr, "a shared table without versions");
  return {};
}

Result<void> LookupJoin::forget(ClockId clock, Emitter& out) {
  if (options_.shared) return {};
  TRY(release(clock, Reach::kAllHeldRows));
  watermark_of(clock) = kMinWatermark;
  flush(out);
  return {};
}

Result<void> LookupJoin::finish(Emitter& out) {
  if (options_.shared) return {};
  TRY(release_all(Reach::kAllHeldRows));
  flush(out);
  return {};
}

Micros LookupJoin::output_watermark(ClockId clock, Micros watermark) const {
  if (options_.shared) return watermark;
  const auto place = held_->first_time(clock);
  return place ? std::min(watermark, *place - 1) : watermark;
}

// --- the table as a side input

Result<void> LookupJoin::process_side(const ColumnBatch& batch, Emitter& out) {
  const std::vector<ColumnPtr> keys = picked(batch.columns, options_.table_keys);
  table_idle_ = false;
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    if (batch.meta->watermark[row] > table_watermark_) {
      table_watermark_ = batch.meta->watermark[row];
      TRY(release_all(Reach::kDueRows));
      TRY(forget_deleted());
    }
    if (batch.meta->event_time[row] < table_watermark_) late_versions_->add(1);
    TRY(add_to_table(batch, row, keys));
  }
  flush(out);
  return {};
}

Result<void> LookupJoin::advance_side(std::span<const ClockReading> readings, Emitter& out) {
  for (const ClockReading& reading : readings) {
    ENSURE(reading.clock == kTableClock, "a table has one clock");
    table_watermark_ = std::max(table_watermark_, reading.watermark);
    table_idle_ = reading.idle;
  }
  TRY(release_all(Reach::kDueRows));
  TRY(forget_deleted());
  flush(out);
  return {};
}

Result<void> LookupJoin::add_to_table(const ColumnBatch& batch, std::size_t row,
                                      std::span<const ColumnPtr> keys) {
  encode_group_key(keys, row, key_);
  TableVersion version{.time = batch.meta->event_time[row],
                       .deleted = batch.column(options_.table.size()).booleans()[row] != 0,
                       .cells = {}};
  if (version.deleted) {
    deletions_->push(kTableClock,
                     {.time = version.time + options_.history, .key = key_, .payload = {}});
  } else {
    for (std::size_t i = 0; i < options_.table.size(); ++i) {
      append_cell(batch.column(i), row, version.cells);
    }
  }
  Table::Pane& pane = versions_->pane(kOnlyPane);
  std::byte* const bytes = versions_->upsert(pane, key_);
  if (bytes == nullptr) return *versions_->take_error();
  TableVersions& versions = VersionsRow::get(bytes);
  add_version(versions, std::move(version));
  forget_versions(versions, horizon());
  if (versions.empty()) versions_->erase(pane, key_);
  return {};
}

/// Frees keys that were deleted so long ago that no row can see what they were.
Result<void> LookupJoin::forget_deleted() {
  Table::Pane& pane = versions_->pane(kOnlyPane);
  while (const auto item = deletions_->pop(kTableClock, table_watermark_)) {
    if (versions_->find(pane, item->key) == nullptr) {
      if (auto error = versions_->take_error()) return *std::move(error);
      continue;
    }
    std::byte* const bytes = versions_->upsert(pane, item->key);
    if (bytes == nullptr) return *versions_->take_error();
    TableVersions& versions = VersionsRow::get(bytes);
    forget_versions(versions, horizon());
    if (versions.empty()) versions_->erase(pane, item->key);
  }
  return {};
}

Result<const TableVersion*> LookupJoin::look_up(std::string_view key, Micros time) {
  if (options_.shared) {
    ENSURE(shared_ != nullptr, "a row before the table");
    return shared_->as_of(key, time);
  }
  const std::byte* const bytes = versions_->find(versions_->pane(kOnlyPane), key);
  if (bytes != nullptr) return version_as_of(VersionsRow::get(bytes), time, horizon());
  if (auto error = versions_->take_error()) return *std::move(error);
  return nullptr;
}

Result<bool> LookupJoin::append_match(std::span<const ColumnPtr> keys, std::size_t row,
                                      Micros time, std::span<const std::shared_ptr<Column>> columns,
                                      Arena& arena) {
  const TableVersion* version = nullptr;
  if (!has_null(keys, row)) {
    encode_group_key(keys, row, key_);
    ASSIGN_OR_RETURN(version, look_up(key_, time));
  }
  if (version == nullptr) {
    unmatched_rows_->add(1);
    append_nulls(columns);
    return false;
  }
  std::string_view cells = version->cells;
  for (const auto& column : columns) {
    if (!take_cell(cells, *column, arena)) return corrupt("a version of a table's row is damaged");
  }
  return true;
}

}  // namespace sitrep
