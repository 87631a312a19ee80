// SPDX-License-Identifier: Apache-2.0
#include "operators/window_aggregate.h"

#include <algorithm>
#include <utility>

#include "engine/api/group_key.h"
#include "operators/merged_groups.h"
#include "operators/number_row.h"

namespace sitrep {
namespace {

constexpr std::size_t kOutputRowsMax = 4096;
/// Windows of fewer panes, or more, are merged as they are: sums of few gain nothing, and those of
/// many panes of which most have no rows take more than the panes, for each clock.
constexpr Micros kSlidingPanesMin = 4;
constexpr Micros kSlidingPanesMax = 64;
/// How many rows ahead their groups are fetched from memory: a miss takes as long as some of them.
constexpr std::size_t kSlotAhead = 12;
constexpr std::size_t kRowAhead = 6;

std::vector<std::shared_ptr<const AggregateFunction>> functions_of(const sql::Grouping& grouping) {
  std::vector<std::shared_ptr<const AggregateFunction>> out;
  for (const sql::AggregateCall& call : grouping.aggregates) out.push_back(call.function);
  return out;
}

/// Event time of a window's row: the last millisecond of the window, so that a window over windows
/// takes it into the right one.
Micros row_time(Micros window_end) { return window_end - kMicrosPerMilli; }

}  // namespace

/// Collects groups as columns and emits them in batches.
struct WindowAggregate::Output {
  Output(WindowAggregate& owner, ClockId clock_id, Emitter& emitter)
      : op(owner), clock(clock_id), out(emitter) {
    begin();
  }

  void begin() {
    columns.clear();
    key_columns.clear();
    const sql::Grouping& grouping = op.options_.grouping;
    for (const sql::ExpressionPtr& key : grouping.keys) {
      columns.push_back(std::make_shared<Column>(key->type));
      key_columns.push_back(columns.back().get());
    }
    columns.push_back(std::make_shared<Column>(Type::kTimestamp));
    columns.push_back(std::make_shared<Column>(Type::kTimestamp));
    for (const sql::AggregateCall& call : grouping.aggregates) {
      columns.push_back(std::make_shared<Column>(call.function->result_type()));
    }
    meta = std::make_shared<RowMeta>();
    arena = std::make_shared<Arena>();
    revisions = std::make_shared<Column>(Type::kBigint);
  }

  Result<void> add(Micros end, std::string_view key, const std::byte* row) {
    const sql::Grouping& grouping = op.options_.grouping;
    TRY(decode_group_key(key, key_columns, *arena));
    columns[grouping.window_start_column()]->append_int(op.windows_.window_start(end));
    columns[grouping.window_end_column()]->append_int(end);
    for (std::size_t i = 0; i < op.row_->size(); ++i) {
      op.row_->function(i).result(row + op.row_->offset(i),
                                  *columns[grouping.first_aggregate_column() + i], *arena);
    }
    meta->event_time.push_back(row_time(end));
    // First results are never late for whoever reads them; a correction may be.
    const Progress& mine = op.progress_[clock];
    const Micros reached = op.output_watermark(clock, mine.watermark);
    meta->watermark.push_back(end <= mine.fired_through ? reached : row_time(end) - 1);
    meta->clock.push_back(clock);
    ends.push_back(end);
    keys.emplace_back(key);
    if (keys.size() >= kOutputRowsMax) return flush();
    return {};
  }

  Result<void> flush() {
    if (keys.empty()) return {};
    ColumnBatch grouped;
    grouped.columns.assign(columns.begin(), columns.end());
    grouped.meta = meta;
    grouped.arenas.push_back(arena);
    grouped.selection = Selection(keys.size());
    std::size_t errors = 0;
    ColumnBatch output;
    output.selection = grouped.selection;
    if (op.having_) {
      output.selection = op.having_->select(grouped, grouped.selection, *arena);
      errors += op.having_->take_error_count();
    }
    for (sql::Evaluator& projection : op.projections_) {
      output.columns.push_back(projection.evaluate(grouped, output.selection, *arena));
      errors += projection.take_error_count();
    }
    if (op.options_.late == Late::kUpdate) {
      revisions->resize(keys.size());
      for (std::size_t n = 0; n < output.selection.size(); ++n) {
        const std::size_t row = output.selection[n];
        ASSIGN_OR_RETURN(revisions->ints()[row],
                         op.next_revision(clock, ends[row], keys[row]));
      }
      output.columns.push_back(revisions);
    }
    output.meta = meta;
    output.arenas.push_back(arena);
    if (errors > 0) op.sql_errors_->add(errors);
    out.emit(std::move(output));
    keys.clear();
    ends.clear();
    begin();
    return {};
  }

  WindowAggregate& op;
  const ClockId clock;
  Emitter& out;
  std::vector<std::shared_ptr<Column>> columns;
  std::vector<Column*> key_columns;
  std::shared_ptr<RowMeta> meta;
  std::shared_ptr<Arena> arena;
  std::shared_ptr<Column> revisions;
  std::vector<std::string> keys;
  std::vector<Micros> ends;
};

WindowAggregate::WindowAggregate(const Options& options)
    : options_(options),
      windows_(options.grouping.window),
      inputs_(options_.where, options_.grouping) {
  if (options_.grouping.having) having_.emplace(options_.grouping.having);
  for (const sql::ExpressionPtr& projection : options_.projections) {
    projections_.emplace_back(projection);
  }
}

Result<void> WindowAggregate::open(OperatorContext& context) {
  auto row = std::make_unique<AccumulatorRow>(functions_of(options_.grouping));
  row_ = row.get();
  groups_ = &context.table("groups", std::move(row));
  fired_ = &context.table("fired", std::make_unique<NumberRow>(kMinWatermark));
  if (options_.late == Late::kUpdate) {
    revisions_ = &context.table("revisions", std::make_unique<NumberRow>(0));
  }
  late_rows_ = &context.counter("late_rows");
  dropped_late_rows_ = &context.counter("dropped_late_rows");
  sql_errors_ = &context.counter("sql_errors");
  return {};
}

WindowAggregate::Progress& WindowAggregate::progress(ClockId clock) {
  if (clock >= progress_.size()) progress_.resize(clock + 1);
  Progress& mine = progress_[clock];
  if (!mine.known) {
    mine.known = true;
    if (Table::Pane* pane = fired_->find_pane({.clock = clock, .end = 0})) {
      if (const std::byte* row = fired_->find(*pane, "")) mine.fired_through = NumberRow::get(row);
    }
    find_next(clock, mine);
  }
  return mine;
}

void WindowAggregate::find_next(ClockId clock, Progress& mine) {
  mine.next_fire = kNever;
  mine.next_due = kNever;
  const auto unfired = groups_->first_pane(clock, windows_.first_pane_after(mine.fired_through));
  if (unfired) mine.next_fire = windows_.next_window_end(unfired->end, mine.fired_through);
  mine.next_due = mine.next_fire;
  if (options_.late == Late::kUpdate) {
    if (const auto first = groups_->first_pane(clock)) {
      mine.next_due = std::min(
          mine.next_due, windows_.last_window_end(first->end) + options_.allowed_lateness);
    }
    // A pane outlives its first windows: what comes too late for those may still go into it, and
    // must not meet their corrections there.
    const auto correction = corrections_.lower_bound({clock, kMinWatermark, ""});
    if (correction != corrections_.end() && std::get<ClockId>(*correction) == clock) {
      mine.next_due =
          std::min(mine.next_due, std::get<Micros>(*correction) + options_.allowed_lateness);
    }
  }
}

Result<void> WindowAggregate::process(const ColumnBatch& batch, Emitter& out) {
  const Selection selection = inputs_.begin(batch);
  if (!selection.empty()) TRY(add_rows(batch, selection, out));
  if (const std::size_t errors = inputs_.take_error_count()) sql_errors_->add(errors);
  return {};
}

Result<void> WindowAggregate::add_rows(const ColumnBatch& batch, const Selection& selection,
                                       Emitter& out) {
  const RowMeta& meta = *batch.meta;
  std::vector<std::uint32_t> late;
  const BatchKeys& keys = inputs_.encode_keys(selection);
  // Consecutive rows mostly share their pane: no division, no look-up.
  ClockId clock = 0;
  Progress* mine = nullptr;
  Table::Pane* pane = nullptr;
  Micros pane_end = 0;
  for (std::size_t n = 0; n < selection.size(); ++n) {
    const std::size_t row = selection[n];
    const ClockId row_clock = meta.clock_of(row);
    if (mine == nullptr || row_clock != clock) {
      clock = row_clock;
      mine = &progress(clock);
      pane = nullptr;
    }
    mine->watermark = std::max(mine->watermark, meta.watermark[row]);
    if (meta.watermark[row] >= mine->next_due) {
      inputs_.update(*row_, meta);
      TRY(fire(clock, meta.watermark[row], out));
      pane = nullptr;
    }
    const Micros time = meta.event_time[row];
    if (pane == nullptr || time >= pane_end || time < windows_.pane_start(pane_end)) {
      pane_end = windows_.pane_end(time);
      pane = nullptr;
    }
    const Micros closed = std::max(meta.watermark[row], mine->fired_through);
    const Micros last_end = windows_.last_window_end(pane_end);
    if (last_end + options_.allowed_lateness <= closed) {
      late.push_back(static_cast<std::uint32_t>(row));
      continue;
    }
    if (pane_end <= meta.watermark[row] && mine->fired_through < meta.watermark[row]) {
      // Windows up to W are over, those that had no row too: this one must not open them again.
      mine->fired_through = meta.watermark[row];
      TRY(save_progress(clock, *mine));
    }
    if (pane == nullptr) {
      pane = &groups_->pane({.clock = clock, .end = pane_end});
      if (mine->sliding && mine->sliding->changes(pane_end)) count_cache(*mine);
      if (windows_.first_pane_after(mine->fired_through) <= pane_end) {
        mine->next_fire = std::min(
            mine->next_fire, windows_.next_window_end(pane_end, mine->fired_through));
      }
      mine->next_due = std::min({mine->next_due, mine->next_fire,
                                 options_.late == Late::kUpdate
                                     ? last_end + options_.allowed_lateness
                                     : kNever});
    }
    // Rows to come are mostly of this pane.
    if (n + kSlotAhead < selection.size()) {
      groups_->prefetch_slot(*pane, keys.hash(n + kSlotAhead));
      groups_->prefetch_row(*pane, keys.hash(n + kRowAhead));
    }
    const std::string_view key = keys.key(n);
    std::byte* const group = groups_->upsert(*pane, key, keys.hash(n));
    if (group == nullptr) return *groups_->take_error();
    inputs_.match(row, group);
    if (options_.late != Late::kUpdate) continue;
    for (Micros end = pane_end; end <= std::min(last_end, mine->fired_through);
         end += windows_.slide()) {
      if (end + options_.allowed_lateness <= closed) continue;
      corrections_.emplace(clock, end, std::string(key));
      mine->next_due = std::min(mine->next_due, end + options_.allowed_lateness);
    }
  }
  inputs_.update(*row_, meta);
  if (late.empty()) return {};
  late_rows_->add(late.size());
  if (options_.late == Late::kDrop) {
    dropped_late_rows_->add(late.size());
    return {};
  }
  ColumnBatch late_batch = batch;
  late_batch.selection = Selection(batch.rows(), std::move(late));
  out.emit_late(std::move(late_batch));
  return {};
}

Result<void> WindowAggregate::advance(std::span<const ClockReading> readings, Emitter& out) {
  for (const ClockReading& reading : readings) {
    Progress& mine = progress(reading.clock);
    mine.watermark = std::max(mine.watermark, reading.watermark);
    if (reading.watermark >= mine.next_due) {
      TRY(fire(reading.clock, reading.watermark, out));
    }
  }
  return {};
}

Result<void> WindowAggregate::fire(ClockId clock, Micros watermark, Emitter& out) {
  Progress& mine = progress_[clock];
  const Micros fired_before = mine.fired_through;
  while (mine.next_fire <= watermark) {
    const Micros end = mine.next_fire;
    TRY(emit_window(clock, end, out));
    mine.fired_through = end;
    find_next(clock, mine);
  }
  // A window that closes for good owes its last corrections first.
  TRY(emit_corrections(out, Closing{.clock = clock, .closed_by = watermark}));
  while (const auto first = groups_->first_pane(clock)) {
    if (windows_.last_window_end(first->end) + options_.allowed_lateness > watermark) break;
    groups_->drop(*first);
  }
  if (revisions_ != nullptr) {
    while (const auto first = revisions_->first_pane(clock)) {
      if (first->end + options_.allowed_lateness > watermark) break;
      revisions_->drop(*first);
    }
  }
  find_next(clock, mine);
  if (mine.fired_through != fired_before) TRY(save_progress(clock, mine));
  return {};
}

Result<void> WindowAggregate::save_progress(ClockId clock, const Progress& mine) {
  std::byte* const row = fired_->upsert(fired_->pane({.clock = clock, .end = 0}), "");
  if (row == nullptr) return *fired_->take_error();
  NumberRow::set(row, mine.fired_through);
  return {};
}

Result<void> WindowAggregate::emit_window(ClockId clock, Micros end, Emitter& out) {
  Output output(*this, clock, out);
  if (windows_.tumbling()) {
    const PaneKey key{.clock = clock, .end = end};
    Table::Pane* const pane = groups_->find_pane(key);
    ENSURE(pane != nullptr, "a window without a pane is never due");
    Result<void> added;
    const auto add = [&](std::string_view group, const std::byte* row) {
      if (added) added = output.add(end, group, row);
    };
    const bool closes = options_.allowed_lateness == 0;
    TRY(closes ? groups_->drain(key, add) : groups_->for_each(*pane, add));
    TRY(std::move(added));
  } else if (keeps_sums()) {
    TRY(slide_over_panes(clock, end, output));
  } else {
    TRY(merge_panes(clock, end, output));
  }
  return output.flush();
}

/// A correction adds up the panes of one group as they are: with kUpdate all windows do, so that it
/// differs from what it corrects by nothing but the row.
bool WindowAggregate::keeps_sums() const {
  const Micros panes = windows_.width() / windows_.slide();
  return options_.late != Late::kUpdate && !row_->owns_heap() && row_->row_bytes() > 0 &&
         panes >= kSlidingPanesMin && panes <= kSlidingPanesMax;
}

Result<void> WindowAggregate::slide_over_panes(ClockId clock, Micros end, Output& output) {
  Progress& mine = progress_[clock];
  if (!mine.sliding) {
    mine.sliding = std::make_unique<SlidingGroups>(*row_, windows_, *groups_, clock);
  }
  // All clocks together keep at most as much as the panes take: the rest of the memory is not ours.
  const std::size_t of_others = cache_bytes_ - mine.sliding_bytes;
  const std::size_t panes = groups_->memory_bytes();
  const auto added = mine.sliding->window(
      end, panes - std::min(panes, of_others), [&](std::string_view group, const std::byte* row) {
        return output.add(end, group, row);
      });
  count_cache(mine);
  return added;
}

void WindowAggregate::count_cache(Progress& mine) {
  cache_bytes_ -= mine.sliding_bytes;
  mine.sliding_bytes = mine.sliding ? mine.sliding->memory_bytes() : 0;
  cache_bytes_ += mine.sliding_bytes;
}

void WindowAggregate::drop_cache() {
  for (Progress& mine : progress_) {
    if (!mine.sliding) continue;
    mine.sliding->drop();
    count_cache(mine);
  }
}

Result<void> WindowAggregate::merge_panes(ClockId clock, Micros end, Output& output) {
  MergedGroups merged(*row_);
  Micros from = windows_.first_pane_after(end - 1);
  while (const auto key = groups_->first_pane(clock, from)) {
    if (key->end > end) break;
    from = key->end + 1;
    TRY(groups_->for_each(
        *groups_->find_pane(*key),
        [&](std::string_view group, const std::byte* row) { merged.merge(group, row); }));
  }
  for (std::size_t i = 0; i < merged.size(); ++i) {
    TRY(output.add(end, merged.key(i), merged.row(i)));
  }
  return {};
}

Result<void> WindowAggregate::emit_correction(ClockId clock, Micros end, const std::string& key,
                                              Output& output) {
  std::vector<std::uint64_t> words(row_->row_bytes() / sizeof(std::uint64_t) + 1);
  std::byte* const sum = reinterpret_cast<std::byte*>(words.data());
  row_->create(sum);
  Result<void> done;
  Micros from = windows_.first_pane_after(end - 1);
  while (const auto pane = groups_->first_pane(clock, from)) {
    if (pane->end > end) break;
    from = pane->end + 1;
    if (const std::byte* row = groups_->find(*groups_->find_pane(*pane), key)) {
      row_->merge(sum, row);
    } else if (auto error = groups_->take_error()) {
      done = *std::move(error);
      break;
    }
  }
  if (done) done = output.add(end, key, sum);
  row_->destroy(sum);
  return done;
}

Result<std::int64_t> WindowAggregate::next_revision(ClockId clock, Micros end,
                                                    std::string_view key) {
  std::byte* const row = revisions_->upsert(revisions_->pane({.clock = clock, .end = end}), key);
  if (row == nullptr) return *revisions_->take_error();
  const std::int64_t revision = NumberRow::get(row);
  NumberRow::set(row, revision + 1);
  return revision;
}

Result<void> WindowAggregate::emit_corrections(Emitter& out, std::optional<Closing> closing) {
  std::optional<Output> output;
  for (auto next = corrections_.begin(); next != corrections_.end();) {
    const auto& [clock, end, key] = *next;
    if (closing && (clock != closing->clock ||
                    end + options_.allowed_lateness > closing->closed_by)) {
      ++next;
      continue;
    }
    if (!output || output->clock != clock) {
      if (output) TRY(output->flush());
      output.emplace(*this, clock, out);
    }
    TRY(emit_correction(clock, end, key, *output));
    next = corrections_.erase(next);
  }
  if (output) TRY(output->flush());
  return {};
}

Result<void> WindowAggregate::end_epoch(Emitter& out) {
  return emit_corrections(out, std::nullopt);
}

Result<void> WindowAggregate::finish(Emitter& out) {
  TRY(end_epoch(out));
  std::vector<ClockId> clocks;
  for (const PaneKey& pane : groups_->panes()) {
    if (clocks.empty() || clocks.back() != pane.clock) clocks.push_back(pane.clock);
  }
  for (const ClockId clock : clocks) {
    ASSIGN_OR_RETURN(const Micros closed, close_all(clock, out));
    // The windows are closed for good, also to rows of a later run.
    Progress& mine = progress(clock);
    mine.fired_through = std::max(mine.fired_through, closed);
    TRY(save_progress(clock, mine));
  }
  return {};
}

Result<Micros> WindowAggregate::close_all(ClockId clock, Emitter& out) {
  Micros last = progress(clock).fired_through;
  for (const PaneKey& pane : groups_->panes()) {
    if (pane.clock == clock) last = windows_.last_window_end(pane.end);
  }
  const Micros closed = last == kMinWatermark ? last : last + options_.allowed_lateness;
  TRY(fire(clock, closed, out));
  return closed;
}

Result<void> WindowAggregate::forget(ClockId clock, Emitter& out) {
  ASSIGN_OR_RETURN([[maybe_unused]] const Micros closed, close_all(clock, out));
  if (fired_->find_pane({.clock = clock, .end = 0}) != nullptr) {
    fired_->drop({.clock = clock, .end = 0});
  }
  Progress& mine = progress_[clock];
  mine.sliding.reset();
  count_cache(mine);
  mine = Progress();
  return {};
}

Micros WindowAggregate::output_watermark(ClockId clock, Micros watermark) const {
  if (clock >= progress_.size() || progress_[clock].next_fire == kNever) return watermark;
  return std::min(watermark, row_time(progress_[clock].next_fire) - 1);
}

}  // namespace sitrep
