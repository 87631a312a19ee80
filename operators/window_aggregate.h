// SPDX-License-Identifier: Apache-2.0
#pragma once
// GROUP BY keys and a tumbling or hopping window. Rows go into panes (one slide long); a window is
// fired when the watermark of its clock reaches its end, by the clock and not by a next record, and
// is then the merge of its panes. A row is judged against the watermark as it stood before that
// row, so results do not depend on how rows are cut into batches.
//
// Late rows (every window of the row is closed) go out as late. With Late::kUpdate a window stays
// open for allowed_lateness after it was fired: a row that still comes in changes it, and the
// changed group is emitted again, once per epoch, with the next `revision` (an output column behind
// the others).
//
// State: groups (pane → key → accumulators), progress (per clock: the last window end fired), and
// with kUpdate revisions (window → key → times emitted). Used only by its worker.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "engine/api/operator.h"
#include "engine/sql/evaluator.h"
#include "engine/sql/query.h"
#include "operators/accumulator_row.h"
#include "operators/group_inputs.h"
#include "operators/sliding_groups.h"
#include "operators/window_math.h"

namespace sitrep {

class WindowAggregate final : public Operator {
 public:
  enum class Late { kSide, kUpdate, kDrop };

  struct Options {
    /// Boolean over the input; null: every row passes.
    sql::ExpressionPtr where;
    sql::Grouping grouping;
    /// Over the grouped row.
    std::vector<sql::ExpressionPtr> projections;
    Late late = Late::kSide;
    /// With kUpdate only.
    Micros allowed_lateness = 0;
  };

  explicit WindowAggregate(const Options& options);

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;
  Result<void> advance(std::span<const ClockReading> readings, Emitter& out) override;
  Result<void> forget(ClockId clock, Emitter& out) override;
  Result<void> end_epoch(Emitter& out) override;
  Result<void> finish(Emitter& out) override;
  Micros output_watermark(ClockId clock, Micros watermark) const override;
  std::size_t cache_bytes() const override { return cache_bytes_; }
  void drop_cache() override;

 private:
  /// What the operator knows of one clock; rebuilt from state after a restart.
  struct Progress {
    bool known = false;
    Micros watermark = kMinWatermark;
    Micros fired_through = kMinWatermark;
    /// End of the next window to fire, or end of life of the first pane: nothing happens before.
    Micros next_fire = kNever;
    Micros next_due = kNever;
    /// Of windows of many panes; null before the first of them.
    std::unique_ptr<SlidingGroups> sliding = nullptr;
    std::size_t sliding_bytes = 0;  // as counted last
  };
  /// Groups of one window on their way out.
  struct Output;
  /// Windows of a clock that end their life at a watermark.
  struct Closing {
    ClockId clock;
    Micros closed_by;
  };

  static constexpr Micros kNever = std::numeric_limits<Micros>::max();

  Progress& progress(ClockId clock);
  void find_next(ClockId clock, Progress& mine);
  Result<void> add_rows(const ColumnBatch& batch, const Selection& selection, Emitter& out);
  /// Fires every window of the clock; the watermark at which the last one closes.
  Result<Micros> close_all(ClockId clock, Emitter& out);
  Result<void> fire(ClockId clock, Micros watermark, Emitter& out);
  Result<void> emit_window(ClockId clock, Micros end, Emitter& out);
  Result<void> merge_panes(ClockId clock, Micros end, Output& output);
  Result<void> slide_over_panes(ClockId clock, Micros end, Output& output);
  /// Whether windows are put together by SlidingGroups.
  bool keeps_sums() const;
  /// Counts what the clock's `sliding` takes.
  void count_cache(Progress& mine);
  /// Emits what changed in fired windows: all of it, or only of windows that close now.
  Result<void> emit_corrections(Emitter& out, std::optional<Closing> closing);
  Result<void> emit_correction(ClockId clock, Micros end, const std::string& key, Output& output);
  Result<void> save_progress(ClockId clock, const Progress& mine);
  Result<std::int64_t> next_revision(ClockId clock, Micros end, std::string_view key);

  const Options options_;
  const WindowMath windows_;
  GroupInputs inputs_;
  std::optional<sql::Evaluator> having_;
  std::vector<sql::Evaluator> projections_;
  const AccumulatorRow* row_ = nullptr;  // the groups table's codec
  Table* groups_ = nullptr;
  Table* fired_ = nullptr;
  Table* revisions_ = nullptr;
  OperatorCounter* late_rows_ = nullptr;
  OperatorCounter* dropped_late_rows_ = nullptr;
  OperatorCounter* sql_errors_ = nullptr;
  std::vector<Progress> progress_;  // by ClockId
  std::size_t cache_bytes_ = 0;     // of all `sliding`
  /// Groups of fired windows that changed in this epoch: clock, window end, key.
  std::set<std::tuple<ClockId, Micros, std::string>> corrections_;
};

}  // namespace sitrep
