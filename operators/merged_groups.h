// SPDX-License-Identifier: Apache-2.0
#pragma once
// Groups of several panes by key, while a window that consists of them is put out. Memory is that
// of one window's groups, and goes with this object. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/data/arena.h"
#include "operators/accumulator_row.h"

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

  std::size_t size() const { return groups_.size(); }
  /// Groups are numbered as they first came.
  std::string_view key(std::size_t group) const { return groups_[group].key; }
  std::byte* row(std::size_t group) {
    return reinterpret_cast<std::byte*>(rows_.data() + group * row_words_);
  }

 private:
  struct Group {
    std::uint64_t hash;
    std::string_view key;  // in arena_
  };

  std::size_t group_of(std::string_view key);
  std::size_t find_or_add(std::string_view key);
  void grow();

  const AccumulatorRow& layout_;
  const std::size_t row_words_;
  Arena arena_;
  std::vector<Group> groups_;
  std::vector<std::uint64_t> rows_;
  /// 1 + the number of a group, or 0; a power of two, at most 70 % full.
  std::vector<std::uint32_t> slots_;
  /// The group behind the one that was merged last.
  std::size_t likely_ = 0;
};

}  // namespace sitrep
