// SPDX-License-Identifier: Apache-2.0
#pragma once
// The strong integers that every room shares, and topic-partition pairs.

#include <compare>
#include <cstdint>
#include <limits>
#include <string>

#include "engine/base/strong_int.h"

namespace sitrep {

/// Position of a record in a partition, as in Kafka; a *next* offset where a position is meant.
using Offset = StrongInt<struct OffsetTag, std::int64_t>;
using PartitionId = StrongInt<struct PartitionIdTag, std::int32_t>;
/// Counter per task of what became visible at once; continued over restarts.
using Epoch = StrongInt<struct EpochTag, std::uint64_t>;

/// Microseconds since 1970-01-01T00:00Z, the unit of every timestamp and of PostgreSQL's.
using Micros = std::int64_t;
inline constexpr Micros kMicrosPerMilli = 1'000;
inline constexpr Micros kMicrosPerSecond = 1'000'000;
inline constexpr Micros kMicrosPerDay = 86'400 * kMicrosPerSecond;

/// A watermark before any row: nothing is late, nothing closes.
inline constexpr Micros kMinWatermark = std::numeric_limits<Micros>::min();

struct TopicPartition {
  std::string topic;
  PartitionId partition;

  auto operator<=>(const TopicPartition&) const = default;
};

}  // namespace sitrep
