// SPDX-License-Identifier: Apache-2.0
#pragma once
// The groups of a hopping window without merging all its panes each time (two stacks: Tangwongsan
// et al., "General Incremental Sliding-Window Aggregation", VLDB 2015). Panes are counted in blocks
// of as many as a window has, so a window is the end of one block, the head, and the beginning of
// the next, the tail. The sum from each pane to the end of its block is made once per block, the
// tail is a running sum: a group costs three merges per window, however many panes that has.
//
// In which order values are added follows from where a window lies, and not from what is kept: a
// sum of doubles is the same to the last bit after a restart, or when nothing was kept.
//
// Of one clock. Only for accumulators that own no memory: rows are copied as bytes. What is kept
// can be made anew from the panes at any time. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/api/table.h"
#include "operators/accumulator_row.h"
#include "operators/group_index.h"
#include "operators/merged_groups.h"
#include "operators/window_math.h"

namespace sitrep {

class SlidingGroups {
 public:
  using TakeGroup = std::function<Result<void>(std::string_view key, const std::byte* row)>;

  /// All of them outlive this object. `panes` holds rows of `layout` by the pane they are in.
  SlidingGroups(const AccumulatorRow& layout, const WindowMath& windows, Table& panes,
                ClockId clock);
  SlidingGroups(const SlidingGroups&) = delete;
  SlidingGroups& operator=(const SlidingGroups&) = delete;

  /// Passes each group of the window that ends at `end`; its views live during the call. Sums of
  /// more than `bytes_max` bytes are not kept for the windows behind.
  Result<void> window(Micros end, std::size_t bytes_max, const TakeGroup& take);
  /// Rows are about to go into this pane. Whether sums of it were kept, and went.
  bool changes(Micros pane_end);
  /// Gives what is kept back, and keeps nothing for some time.
  void drop();
  std::size_t memory_bytes() const;

 private:
  using Words = std::vector<std::uint64_t>;

  /// The sums of some panes. Groups are numbered as they come from a block's last pane on, so these
  /// are those of the first numbers.
  struct Level {
    std::size_t groups = 0;
    Words sums = {};
  };
  /// Sums of a block's panes: level i is of the last i + 1 panes.
  struct Head {
    Micros end = 0;
    GroupIndex index;
    std::vector<Level> levels;
    /// Without the others: only the level that was made last is there.
    bool has_last_only = false;
  };
  struct Tail {
    explicit Tail(const AccumulatorRow& layout) : groups(layout) {}
    Micros begin = 0;    // end of the block before
    Micros through = 0;  // panes up to here are in
    MergedGroups groups;
  };

  /// The last pane of the block in which this one is.
  Micros block_end(Micros pane_end) const;
  std::size_t level_of(Micros pane_end) const;
  Result<void> make_head(Micros first, Micros end, std::size_t bytes_max);
  Result<void> add_level(Micros pane_end);
  Result<void> extend_tail(Micros begin, Micros end);
  Result<void> put_together(std::size_t level, const TakeGroup& take);
  std::size_t head_bytes() const;
  bool keeps() const { return rests_ == 0; }

  const AccumulatorRow& layout_;
  const std::size_t row_words_;
  const WindowMath& windows_;
  Table& panes_;
  const ClockId clock_;
  std::optional<Head> head_;
  std::optional<Tail> tail_;
  Words row_;  // of the group at hand
  std::vector<bool> is_in_head_;
  /// For so many windows to come nothing is kept.
  std::size_t rests_ = 0;
};

}  // namespace sitrep
