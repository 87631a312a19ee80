// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a topic's partitions lie in a directory. Functions only; thread-safe.

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"

namespace sitrep {

std::string partition_path(const std::string& root, const TopicPartition& partition);

/// Number of partitions; nothing when the directory is missing, kInvalidConfig when its numbers
/// have a gap or it holds none.
Result<std::optional<std::int32_t>> count_partition_files(const std::string& root,
                                                          const std::string& topic);

}  // namespace sitrep
