// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of one clock that wait in a RowQueue, in the order in which they leave: that of event
// time, those of one time as they came. They come nearly in order, so they lie in a few sorted
// runs, one for what came between two calls of take(); what leaves is the beginning of some of
// them. Where rows wait for long, the two neighbours with the fewest rows become one, so that there
// are never more than 16. Private to RowQueue. Used only by its worker.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/ids.h"

namespace sitrep {

struct RowChunk;

/// Where a row that waits lies.
struct WaitingRow {
  Micros time;
  /// Rows that come later have higher ones.
  std::uint64_t number;
  RowChunk* chunk;
};

class RowLine {
 public:
  /// `row`'s number is higher than those before.
  void push(const WaitingRow& row) {
    new_.push_back(row);
    new_from_ = std::min(new_from_, row.time);
  }
  bool empty() const { return runs_.empty() && new_.empty(); }
  /// Of the first row; nothing when there is none.
  std::optional<Micros> first_time() const;
  /// Appends the rows up to `until`, in order, to `out`. `room` is for sorting, whatever it holds.
  void take(Micros until, std::vector<WaitingRow>& out, std::vector<WaitingRow>& room);

 private:
  struct Run {
    std::vector<WaitingRow> rows;
    std::size_t first = 0;  // those before have left

    std::span<const WaitingRow> left() const { return std::span(rows).subspan(first); }
    std::size_t size() const { return rows.size() - first; }
  };

  std::size_t waiting() const;
  void sort_new(std::vector<WaitingRow>& room);
  void merge_smallest();

  /// None empty; all numbers of one are below those of the next.
  std::vector<Run> runs_;
  std::vector<WaitingRow> new_;  // since the last run
  Micros new_from_ = std::numeric_limits<Micros>::max();
};

}  // namespace sitrep
