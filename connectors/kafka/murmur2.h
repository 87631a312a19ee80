// SPDX-License-Identifier: Apache-2.0
#pragma once
// Kafka's own way from a key to a partition, bit for bit that of its Java clients: a topic that
// Java writes too has each key in one partition, whoever wrote it. Functions only; thread-safe.

#include <cstdint>
#include <string_view>

#include "engine/base/ids.h"

namespace sitrep {

/// `org.apache.kafka.common.utils.Utils.murmur2`.
std::int32_t murmur2(std::string_view bytes);

/// Partition of a key in a topic of `partitions` (above zero) partitions.
PartitionId partition_of_key(std::string_view key, std::int32_t partitions);

}  // namespace sitrep
