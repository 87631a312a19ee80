// SPDX-License-Identifier: Apache-2.0
#pragma once
// Group keys by number, in the order in which they came. Keys that come in the order of the time
// before, as those of panes do (devices report in turn), are found without a probe. Used only by
// its worker.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace sitrep {

class GroupIndex {
 public:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  GroupIndex();

  /// The number of `key`, which is added when it is new.
  std::size_t number_of(std::string_view key);
  /// The number of `key`, or kNone. Tries `likely` first.
  std::size_t find(std::string_view key, std::size_t likely) const;

  std::size_t size() const { return groups_.size(); }
  /// Lives until a key is added.
  std::string_view key(std::size_t number) const {
    const Group& group = groups_[number];
    return std::string_view(keys_).substr(group.begin, group.size);
  }
  std::size_t memory_bytes() const;

 private:
  struct Group {
    std::uint64_t hash;
    // Of the key, in keys_.
    std::size_t begin;
    std::size_t size;
  };

  std::size_t probe(std::string_view key, std::uint64_t hash, std::size_t& slot) const;
  void grow();

  std::string keys_;
  std::vector<Group> groups_;
  /// 1 + the number of a group, or 0; a power of two, at most 70 % full.
  std::vector<std::uint32_t> slots_;
  /// The number behind the one that was asked for last.
  std::size_t likely_ = 0;
};

}  // namespace sitrep
