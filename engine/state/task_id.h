// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names a task in state: its stage (from the stage's name, so it survives edits of the job) and its
// partition. And the input positions that a task's state stands for. Thread-compatible.

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/ids.h"

namespace sitrep {

using StageId = StrongInt<struct StageIdTag, std::uint32_t>;

inline StageId stage_id(std::string_view name) {
  return StageId(static_cast<std::uint32_t>(hash_bytes(name)));
}

struct TaskId {
  StageId stage;
  PartitionId partition;

  auto operator<=>(const TaskId&) const = default;
};

/// The end of an input that is decided later.
inline constexpr Offset kEndNotKnownYet{std::numeric_limits<std::int64_t>::max() - 1};

/// Next offset to read from one input partition.
struct InputPosition {
  TopicPartition partition;
  Offset next;
  /// Where a bounded run ends in it; nothing outside one, or once it was reached.
  std::optional<Offset> end = {};

  friend bool operator==(const InputPosition&, const InputPosition&) = default;
};

/// What a task's state stands for.
struct TaskPosition {
  Epoch epoch;
  std::vector<InputPosition> inputs;

  friend bool operator==(const TaskPosition&, const TaskPosition&) = default;
};

/// One life of a task's state, from nothing on. What is of another incarnation is never mixed in.
struct Incarnation {
  /// Hash of Log::identity().
  std::uint64_t log = 0;
  /// Random.
  std::array<std::uint8_t, 16> id{};

  auto operator<=>(const Incarnation&) const = default;
};

/// Where a task's state stands in its state log.
struct StateMark {
  Incarnation incarnation;
  /// Behind the last state record of the epoch; the log's beginning when there is none yet.
  Offset next;

  friend bool operator==(const StateMark&, const StateMark&) = default;
};

}  // namespace sitrep
