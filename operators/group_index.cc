// SPDX-License-Identifier: Apache-2.0
#include "operators/group_index.h"

#include "engine/base/hash.h"

namespace sitrep {
namespace {

constexpr std::size_t kFirstSlots = 64;

}  // namespace

GroupIndex::GroupIndex() : slots_(kFirstSlots) {}

std::size_t GroupIndex::number_of(std::string_view key) {
  if (likely_ < groups_.size() && this->key(likely_) == key) return likely_++;
  const std::uint64_t hash = hash_bytes(key);
  std::size_t slot = 0;
  std::size_t number = probe(key, hash, slot);
  if (number == kNone) {
    number = groups_.size();
    groups_.push_back({.hash = hash, .begin = keys_.size(), .size = key.size()});
    keys_ += key;
    slots_[slot] = static_cast<std::uint32_t>(groups_.size());
    if (groups_.size() * 10 > slots_.size() * 7) grow();
  }
  likely_ = number + 1;
  return number;
}

std::size_t GroupIndex::find(std::string_view key, std::size_t likely) const {
  if (likely < groups_.size() && this->key(likely) == key) return likely;
  std::size_t slot = 0;
  return probe(key, hash_bytes(key), slot);
}

/// `slot`: where it stands, or would stand.
std::size_t GroupIndex::probe(std::string_view key, std::uint64_t hash, std::size_t& slot) const {
  const std::size_t mask = slots_.size() - 1;
  for (slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const std::size_t number = slots_[slot] - 1;
    if (groups_[number].hash == hash && this->key(number) == key) return number;
  }
  return kNone;
}

void GroupIndex::grow() {
  slots_.assign(slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t number = 0; number < groups_.size(); ++number) {
    std::size_t at = groups_[number].hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = static_cast<std::uint32_t>(number + 1);
  }
}

std::size_t GroupIndex::memory_bytes() const {
  return keys_.capacity() + groups_.capacity() * sizeof(Group) +
         slots_.capacity() * sizeof(slots_[0]);
}

}  // namespace sitrep
