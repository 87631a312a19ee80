// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/murmur2.h"

#include <bit>
#include <cstddef>

#include "engine/base/ensure.h"

namespace sitrep {
namespace {

constexpr std::uint32_t kSeed = 0x9747b28cU;
constexpr std::uint32_t kFactor = 0x5bd1e995U;
constexpr std::size_t kBlockBytes = 4;
// Java's "toPositive": drops the sign instead of negating.
constexpr std::uint32_t kPositiveMask = 0x7fffffffU;

/// Up to four bytes as a little-endian number.
std::uint32_t load(std::string_view bytes) {
  std::uint32_t word = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    word = (word << 8U) | static_cast<unsigned char>(bytes[i - 1]);
  }
  return word;
}

}  // namespace

std::int32_t murmur2(std::string_view bytes) {
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  for (; bytes.size() >= kBlockBytes; bytes.remove_prefix(kBlockBytes)) {
    std::uint32_t block = load(bytes.substr(0, kBlockBytes)) * kFactor;
    block ^= block >> 24U;
    hash = (hash * kFactor) ^ (block * kFactor);
  }
  if (!bytes.empty()) hash = (hash ^ load(bytes)) * kFactor;
  hash = (hash ^ (hash >> 13U)) * kFactor;
  return std::bit_cast<std::int32_t>(hash ^ (hash >> 15U));
}

PartitionId partition_of_key(std::string_view key, std::int32_t partitions) {
  DEBUG_ENSURE(partitions > 0, "a topic has a partition");
  const std::uint32_t hash = std::bit_cast<std::uint32_t>(murmur2(key)) & kPositiveMask;
  return PartitionId(static_cast<std::int32_t>(hash % static_cast<std::uint32_t>(partitions)));
}

}  // namespace sitrep
