// SPDX-License-Identifier: Apache-2.0
#include "operators/row_history.h"

#include <algorithm>
#include <utility>

#include "engine/api/group_key.h"

namespace sitrep {
namespace {

constexpr PaneKey kOnlyPane{.clock = 0, .end = 0};

Schema picked(const Schema& schema, const std::vector<std::size_t>& columns) {
  Schema out;
  for (const std::size_t column : columns) out.fields.push_back(schema.fields[column]);
  return out;
}

}  // namespace

/// Rows on their way out, in the order in which they leave.
struct RowHistory::Output {
  explicit Output(const Schema& held) {
    for (const Field& field : held.fields) columns.push_back(std::make_shared<Column>(field.type));
  }

  std::vector<std::shared_ptr<Column>> columns;  // of the schema of held rows
  RowMeta meta;
  std::vector<std::uint32_t> kept;
  /// Of each row; what is pointed to stays until the epoch ends. Null where the row is stale.
  std::vector<KeyHistory*> histories;
  std::shared_ptr<Arena> arena = std::make_shared<Arena>();
};

RowHistory::RowHistory(const Options& options)
    : options_(options),
      held_schema_(picked(options_.input, options_.read)),
      held_form_(held_schema_) {
  for (const sql::HistoryCall& call : options_.calls) {
    Call& mine = calls_.emplace_back(Call{.call = call, .arguments = {}});
    for (const sql::ExpressionPtr& argument : call.arguments) {
      mine.arguments.emplace_back(argument);
    }
  }
}

RowHistory::~RowHistory() = default;

Result<void> RowHistory::open(OperatorContext& context) {
  keys_ = &context.table("keys", std::make_unique<KeyHistoryRow>(options_.calls));
  held_ = &context.time_queue("held");
  arrivals_.open(context);
  late_rows_ = &context.counter("late_rows");
  stale_rows_ = &context.counter("stale_rows");
  sql_errors_ = &context.counter("sql_errors");
  return {};
}

Micros& RowHistory::watermark_of(ClockId clock) {
  if (clock >= watermarks_.size()) watermarks_.resize(clock + 1, kMinWatermark);
  return watermarks_[clock];
}

Result<void> RowHistory::process(const ColumnBatch& batch, Emitter& out) {
  std::vector<std::uint32_t> late;
  for (std::size_t n = 0; n < batch.selection.size(); ++n) {
    const std::size_t row = batch.selection[n];
    const ClockId clock = batch.meta->clock_of(row);
    Micros& watermark = watermark_of(clock);
    if (batch.meta->watermark[row] > watermark) {
      watermark = batch.meta->watermark[row];
      TRY(release(clock, Reach::kWatermark));
    }
    if (batch.meta->event_time[row] < batch.meta->watermark[row]) {
      late.push_back(static_cast<std::uint32_t>(row));
    } else {
      TRY(hold(batch, row));
    }
  }
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

Result<void> RowHistory::hold(const ColumnBatch& batch, std::size_t row) {
  std::vector<ColumnPtr> columns;
  for (const std::size_t column : options_.read) columns.push_back(batch.columns[column]);
  const Micros time = batch.meta->event_time[row];
  ASSIGN_OR_RETURN(std::string number, arrivals_.next_key());
  std::string payload;
  held_form_.save(columns, row, time, payload);
  held_->push(batch.meta->clock_of(row),
              {.time = time, .key = std::move(number), .payload = std::move(payload)});
  return {};
}

Result<void> RowHistory::advance(std::span<const ClockReading> readings, Emitter& out) {
  for (const ClockReading& reading : readings) {
    Micros& watermark = watermark_of(reading.clock);
    watermark = std::max(watermark, reading.watermark);
    TRY(release(reading.clock, reading.idle ? Reach::kAllHeldRows : Reach::kWatermark));
  }
  flush(out);
  return {};
}

Result<void> RowHistory::forget(ClockId clock, Emitter& out) {
  TRY(release(clock, Reach::kAllHeldRows));
  watermark_of(clock) = kMinWatermark;
  flush(out);
  return {};
}

Result<void> RowHistory::finish(Emitter& out) {
  for (const ClockId clock : held_->clocks()) TRY(release(clock, Reach::kAllHeldRows));
  flush(out);
  return {};
}

Micros RowHistory::output_watermark(ClockId clock, Micros watermark) const {
  const auto first = held_->first_time(clock);
  return first ? std::min(watermark, *first) : watermark;
}

Result<void> RowHistory::release(ClockId clock, Reach reach) {
  const Micros until =
      reach == Reach::kAllHeldRows ? std::numeric_limits<Micros>::max() : watermark_of(clock);
  while (const auto item = held_->pop(clock, until)) TRY(take_row(*item, clock));
  return {};
}

Result<void> RowHistory::take_row(const TimeQueue::Item& item, ClockId clock) {
  if (!output_) output_ = std::make_unique<Output>(held_schema_);
  Output& output = *output_;
  const std::size_t row = output.histories.size();
  ASSIGN_OR_RETURN(const Micros time,
                   held_form_.load(item.payload, output.columns, *output.arena));
  output.meta.event_time.push_back(time);
  output.meta.watermark.push_back(std::min(watermark_of(clock), time));
  output.meta.clock.push_back(clock);
  std::vector<ColumnPtr> key;
  for (const std::size_t column : options_.key_columns) {
    const auto held = std::ranges::lower_bound(options_.read, column);
    key.push_back(output.columns[static_cast<std::size_t>(held - options_.read.begin())]);
  }
  encode_group_key(key, row, key_);
  std::byte* const bytes = keys_->upsert(keys_->pane(kOnlyPane), key_);
  if (bytes == nullptr) return *keys_->take_error();
  KeyHistory& history = KeyHistoryRow::get(bytes);
  const bool stale = time < history.last_row;
  if (stale) {
    stale_rows_->add(1);
  } else {
    history.last_row = time;
    output.kept.push_back(static_cast<std::uint32_t>(row));
  }
  output.histories.push_back(stale ? nullptr : &history);
  return {};
}

void RowHistory::flush(Emitter& out) {
  if (!output_) return;
  const std::unique_ptr<Output> output = std::move(output_);
  if (output->kept.empty()) return;
  const std::size_t count = output->histories.size();
  ColumnBatch rows;
  rows.columns.resize(options_.input.size());
  for (std::size_t i = 0; i < options_.read.size(); ++i) {
    rows.columns[options_.read[i]] = output->columns[i];
  }
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    if (rows.columns[i]) continue;
    auto unread = std::make_shared<Column>(options_.input.fields[i].type, count);
    for (std::size_t row = 0; row < count; ++row) unread->set_null(row);
    rows.columns[i] = std::move(unread);
  }
  rows.meta = std::make_shared<RowMeta>(std::move(output->meta));
  rows.selection = Selection(count, std::move(output->kept));
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    compute(calls_[i], rows, output->histories, i, *output->arena);
  }
  rows.arenas.push_back(std::move(output->arena));
  out.emit(std::move(rows));
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
