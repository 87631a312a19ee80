// SPDX-License-Identifier: Apache-2.0
#pragma once
// Groups of several panes by key, while a window that consists of them is put out. Memory is that
// of one window's groups, and goes with this object. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "operators/accumulator_row.h"
#include "operators/group_index.h"

namespace sitrep {

class MergedGroups {
 public:
  /// `layout` outlives the groups.
  explicit MergedGroups(const AccumulatorRow& layout);
  ~MergedGroups();
  MergedGroups(const MergedGroups&) = delete;
  MergedGroups& operator=(const MergedGroups&) = delete;

  /// Merges `row` into the group of `key`.
  void merge(std::string_view key, const std::byte* row);

  std::size_t size() const { return index_.size(); }
  /// Groups are numbered as they first came. Lives until a group is added.
  std::string_view key(std::size_t group) const { return index_.key(group); }
  std::byte* row(std::size_t group) {
    return reinterpret_cast<std::byte*>(rows_.data() + group * row_words_);
  }
  /// The group of `key`, or GroupIndex::kNone. Tries `likely` first.
  std::size_t find(std::string_view key, std::size_t likely) const {
    return index_.find(key, likely);
  }
  /// Without what rows own elsewhere.
  std::size_t memory_bytes() const {
    return index_.memory_bytes() + rows_.capacity() * sizeof(rows_[0]);
  }

 private:
  const AccumulatorRow& layout_;
  const std::size_t row_words_;
  GroupIndex index_;
  std::vector<std::uint64_t> rows_;
};

}  // namespace sitrep
