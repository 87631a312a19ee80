// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which rows of a batch count: all of [0, rows), or an ascending list. A filter narrows it instead
// of copying columns. Kernels go through for_each, which has a plain loop for the dense case.
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sitrep {

class Selection {
 public:
  /// All of [0, rows).
  explicit Selection(std::size_t rows = 0) : rows_(rows) {}
  /// The rows in `picked`, ascending, each below `rows`.
  Selection(std::size_t rows, std::vector<std::uint32_t> picked)
      : rows_(rows), picked_(std::move(picked)), all_(picked_.size() == rows) {}

  /// Rows that count.
  std::size_t size() const { return all_ ? rows_ : picked_.size(); }
  bool empty() const { return size() == 0; }
  /// Whether every row of the batch counts.
  bool all() const { return all_; }
  /// Rows of the batch, counted or not: the size of its columns.
  std::size_t rows() const { return rows_; }
  /// The n-th row that counts.
  std::size_t operator[](std::size_t n) const { return all_ ? n : picked_[n]; }

  template <typename Function>
  void for_each(Function&& function) const {
    if (all_) {
      for (std::size_t row = 0; row < rows_; ++row) function(row);
    } else {
      for (const std::uint32_t row : picked_) function(static_cast<std::size_t>(row));
    }
  }

 private:
  std::size_t rows_;
  std::vector<std::uint32_t> picked_;
  bool all_ = true;
};

}  // namespace sitrep
