// SPDX-License-Identifier: Apache-2.0
#include "operators/merged_groups.h"

#include "engine/base/hash.h"

namespace sitrep {
namespace {

constexpr std::size_t kFirstSlots = 64;

}  // namespace

MergedGroups::MergedGroups(const AccumulatorRow& layout)
    : layout_(layout),
      row_words_((layout.row_bytes() + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t)),
      slots_(kFirstSlots) {}

MergedGroups::~MergedGroups() {
  for (std::size_t i = 0; i < groups_.size(); ++i) layout_.destroy(row(i));
}

void MergedGroups::merge(std::string_view key, const std::byte* row_of_pane) {
  layout_.merge(row(group_of(key)), row_of_pane);
}

std::size_t MergedGroups::group_of(std::string_view key) {
  // Panes mostly hold the same groups in the same order: devices report in turn.
  if (likely_ == groups_.size() || groups_[likely_].key != key) likely_ = find_or_add(key);
  return likely_++;
}

std::size_t MergedGroups::find_or_add(std::string_view key) {
  const std::uint64_t hash = hash_bytes(key);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    const std::size_t number = slots_[at] - 1;
    if (groups_[number].hash == hash && groups_[number].key == key) return number;
  }
  groups_.push_back({.hash = hash, .key = arena_.store(key)});
  rows_.resize(groups_.size() * row_words_);
  layout_.create(row(groups_.size() - 1));
  slots_[at] = static_cast<std::uint32_t>(groups_.size());
  if (groups_.size() * 10 > slots_.size() * 7) grow();
  return groups_.size() - 1;
}

void MergedGroups::grow() {
  slots_.assign(slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t number = 0; number < groups_.size(); ++number) {
    std::size_t at = groups_[number].hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = static_cast<std::uint32_t>(number + 1);
  }
}

}  // namespace sitrep
