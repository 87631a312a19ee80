// SPDX-License-Identifier: Apache-2.0
#include "operators/partial_aggregate.h"

#include <utility>

#include "engine/base/text.h"
#include "operators/number_row.h"

namespace sitrep {
namespace {

/// The clock is idle: whatever comes next may be behind the others.
constexpr Micros kIdle = std::numeric_limits<Micros>::max();
/// Ticks are so far apart at most; what depends on their time allows for it.
constexpr Micros kTickSlack = kMicrosPerSecond;
/// Groups of one epoch that are added up at most before they are put out.
constexpr std::size_t kGroupsMax = 100'000;

std::vector<std::shared_ptr<const AggregateFunction>> functions_of(const sql::Grouping& grouping) {
  std::vector<std::shared_ptr<const AggregateFunction>> out;
  for (const sql::AggregateCall& call : grouping.aggregates) out.push_back(call.function);
  return out;
}

}  // namespace

/// Columns of the output, growing row by row.
struct PartialAggregate::Output {
  explicit Output(const Schema& schema) : meta(std::make_shared<RowMeta>()) {
    for (const Field& field : schema.fields) {
      columns.push_back(std::make_shared<Column>(field.type));
    }
  }

  Result<void> add_key(std::string_view key, std::size_t keys) {
    std::vector<Column*> into;
    for (std::size_t i = 0; i < keys; ++i) into.push_back(columns[i].get());
    return decode_group_key(key, into, *arena);
  }
  void add_saved(const AccumulatorRow& layout, const std::byte* row, std::size_t first) {
    for (std::size_t i = 0; i < layout.size(); ++i) {
      saved.clear();
      layout.function(i).save(row + layout.offset(i), saved);
      columns[first + i]->append_text(arena->store(saved));
    }
  }
  void add_meta(ClockId clock, Micros event_time) {
    meta->event_time.push_back(event_time);
    meta->clock.push_back(clock);
    meta->watermark.push_back(kMinWatermark);
  }
  std::size_t rows() const { return meta->event_time.size(); }
  ColumnBatch finish() {
    ColumnBatch batch;
    batch.selection = Selection(rows());
    batch.columns.assign(columns.begin(), columns.end());
    batch.meta = std::move(meta);
    batch.arenas.push_back(std::move(arena));
    return batch;
  }

  std::vector<std::shared_ptr<Column>> columns;
  std::shared_ptr<RowMeta> meta;
  std::shared_ptr<Arena> arena = std::make_shared<Arena>();
  std::string saved;
};

Schema PartialAggregate::output_schema(const Options& options) {
  Schema out;
  for (std::size_t i = 0; i < options.grouping.keys.size(); ++i) {
    out.fields.push_back({concat("key", i + 1), options.grouping.keys[i]->type});
  }
  for (const sql::AggregateCall& call : options.grouping.aggregates) {
    out.fields.push_back({call.text, Type::kText});
  }
  out.fields.insert(out.fields.end(), options.input.fields.begin(), options.input.fields.end());
  return out;
}

PartialAggregate::PartialAggregate(const Options& options)
    : options_(options),
      windows_(options.grouping.window),
      output_(output_schema(options)),
      layout_(functions_of(options.grouping)),
      inputs_(options_.where, options_.grouping),
      alone_(std::make_unique<Output>(output_)) {}

PartialAggregate::~PartialAggregate() {
  for (const Group& group : groups_) {
    layout_.destroy(reinterpret_cast<std::byte*>(group.accumulators.get()));
  }
}

Result<void> PartialAggregate::open(OperatorContext& context) {
  sql_errors_ = &context.counter("sql_errors");
  behind_ = &context.table("behind", std::make_unique<NumberRow>(kMinWatermark));
  return {};
}

bool PartialAggregate::others_wait_for_new_clocks() const {
  return started_ == 0 || now_ - started_ < options_.settle_after - kTickSlack;
}

Result<Micros> PartialAggregate::behind_until(ClockId clock) {
  if (clock >= behind_until_.size()) behind_until_.resize(clock + 1);
  auto& mine = behind_until_[clock];
  if (!mine) {
    Table::Pane* const pane = behind_->find_pane({.clock = clock, .end = 0});
    if (const std::byte* row = pane == nullptr ? nullptr : behind_->find(*pane, "")) {
      mine = NumberRow::get(row);
    } else if (auto error = behind_->take_error()) {
      return *std::move(error);
    } else {
      TRY(set_behind_until(clock, others_wait_for_new_clocks() ? kMinWatermark : kIdle));
    }
  }
  if (*mine == kIdle && now_ != 0) {
    // The others are nowhere beyond this, and wait for it from its next word on.
    const bool unknown = options_.ahead_max > kIdle - now_ - kTickSlack;
    if (!unknown) TRY(set_behind_until(clock, now_ + kTickSlack + options_.ahead_max));
  }
  return *mine;
}

Result<void> PartialAggregate::set_behind_until(ClockId clock, Micros until) {
  if (clock >= behind_until_.size()) behind_until_.resize(clock + 1);
  behind_until_[clock] = until;
  std::byte* const row = behind_->upsert(behind_->pane({.clock = clock, .end = 0}), "");
  if (row == nullptr) return *behind_->take_error();
  NumberRow::set(row, until);
  return {};
}

Result<void> PartialAggregate::advance(std::span<const ClockReading> readings, Emitter&) {
  for (const ClockReading& reading : readings) {
    if (reading.idle) TRY(set_behind_until(reading.clock, kIdle));
  }
  return {};
}

Result<void> PartialAggregate::forget(ClockId clock, Emitter&) {
  if (behind_->find_pane({.clock = clock, .end = 0}) != nullptr) {
    behind_->drop({.clock = clock, .end = 0});
  }
  if (clock < behind_until_.size()) behind_until_[clock].reset();
  return {};
}

Result<void> PartialAggregate::tick(Micros now, Emitter&) {
  now_ = now;
  if (started_ == 0) started_ = now;
  return {};
}

Result<void> PartialAggregate::finish(Emitter&) {
  for (ClockId clock = 0; clock < behind_until_.size(); ++clock) {
    if (behind_until_[clock]) TRY(set_behind_until(clock, kIdle));
  }
  return {};
}

std::byte* PartialAggregate::group_of(ClockId clock, Micros pane_end, const std::string& key) {
  name_.clear();
  name_.append(reinterpret_cast<const char*>(&clock), sizeof clock);
  name_.append(reinterpret_cast<const char*>(&pane_end), sizeof pane_end);
  name_ += key;
  const auto [found, added] = numbers_.try_emplace(name_, groups_.size());
  if (added) {
    const std::size_t words = layout_.row_bytes() / sizeof(std::uint64_t) + 1;
    groups_.push_back({.clock = clock,
                       .pane_end = pane_end,
                       .key = key,
                       .accumulators = std::make_unique<std::uint64_t[]>(words)});
    layout_.create(reinterpret_cast<std::byte*>(groups_.back().accumulators.get()));
  }
  return reinterpret_cast<std::byte*>(groups_[found->second].accumulators.get());
}

Result<void> PartialAggregate::process(const ColumnBatch& batch, Emitter& out) {
  const Selection selection = inputs_.begin(batch);
  const RowMeta& meta = *batch.meta;
  std::vector<std::uint32_t> alone;
  std::string key;
  std::optional<ClockId> clock;
  Micros behind = kMinWatermark;
  for (std::size_t n = 0; n < selection.size(); ++n) {
    const std::size_t row = selection[n];
    if (clock != meta.clock_of(row)) {
      clock = meta.clock_of(row);
      ASSIGN_OR_RETURN(behind, behind_until(*clock));
    }
    const Micros pane_end = windows_.pane_end(meta.event_time[row]);
    if (meta.watermark[row] < behind ||
        windows_.last_window_end(pane_end) + options_.allowed_lateness <= meta.watermark[row]) {
      alone.push_back(static_cast<std::uint32_t>(row));
      continue;
    }
    inputs_.key_of(row, key);
    inputs_.match(row, group_of(*clock, pane_end, key));
  }
  inputs_.update(layout_, meta);
  put_alone(batch, alone);
  if (const std::size_t errors = inputs_.take_error_count()) sql_errors_->add(errors);
  if (groups_.size() + alone_->rows() >= kGroupsMax) return end_epoch(out);
  return {};
}

void PartialAggregate::put_alone(const ColumnBatch& batch, std::span<const std::uint32_t> rows) {
  std::vector<std::uint64_t> words(layout_.row_bytes() / sizeof(std::uint64_t) + 1);
  std::byte* const alone = reinterpret_cast<std::byte*>(words.data());
  const auto append = [&](const Column& from, std::uint32_t row, Column& to) {
    if (from.type() == Type::kText && !from.is_null(row)) {
      to.append_text(alone_->arena->store(from.texts()[row]));
    } else {
      to.append_from(from, row);
    }
  };
  for (const std::uint32_t row : rows) {
    layout_.create(alone);
    inputs_.match(row, alone);
    inputs_.update(layout_, *batch.meta);
    std::size_t column = 0;
    for (const ColumnPtr& key : inputs_.key_columns()) {
      append(*key, row, *alone_->columns[column++]);
    }
    alone_->add_saved(layout_, alone, column);
    layout_.destroy(alone);
    column = first_input_column(options_.grouping);
    for (const ColumnPtr& from : batch.columns) append(*from, row, *alone_->columns[column++]);
    alone_->add_meta(batch.meta->clock_of(row), batch.meta->event_time[row]);
  }
}

Result<void> PartialAggregate::end_epoch(Emitter& out) {
  if (!groups_.empty()) {
    Output output(output_);
    const std::size_t saved = first_saved_column(options_.grouping);
    const std::size_t input = first_input_column(options_.grouping);
    for (const Group& group : groups_) {
      TRY(output.add_key(group.key, saved));
      std::byte* const row = reinterpret_cast<std::byte*>(group.accumulators.get());
      output.add_saved(layout_, row, saved);
      layout_.destroy(row);
      output.add_meta(group.clock, windows_.pane_start(group.pane_end));
    }
    for (std::size_t i = input; i < output.columns.size(); ++i) {
      for (std::size_t row = 0; row < groups_.size(); ++row) output.columns[i]->append_null();
    }
    groups_.clear();
    numbers_.clear();
    out.emit(output.finish());
  }
  if (alone_->rows() > 0) {
    out.emit(std::exchange(alone_, std::make_unique<Output>(output_))->finish());
  }
  return {};
}

}  // namespace sitrep
