// SPDX-License-Identifier: Apache-2.0
#pragma once
// Records of the state log (docs/formats.md). The key is a head that the committer writes, who
// alone knows what came before; the value is a delta or a chunk of a snapshot (which has the form
// of a delta with puts alone), or a piece of one when it is large. Functions only; thread-safe.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/state/task_id.h"

namespace sitrep {

enum class StateRecordKind : std::uint8_t { kDelta = 1, kSnapshotChunk = 2 };

inline constexpr std::uint32_t kMoreChunksCome = std::numeric_limits<std::uint32_t>::max();

struct StateRecordHead {
  StateRecordKind kind = StateRecordKind::kDelta;
  Incarnation incarnation = {};
  /// Of the delta; of the image that a snapshot was taken from.
  Epoch epoch{0};
  /// Where the state stood before this epoch (StateMark::next); for a snapshot's chunks, what the
  /// snapshot stands for. A delta whose predecessor is not the mark at hand belongs to an epoch
  /// that was never committed, and is skipped.
  Offset predecessor{0};
  /// Chunk `chunk` of `chunks`, from 0; a delta is one. Of a snapshot the last chunk alone knows
  /// how many there are: the others say kMoreChunksCome.
  std::uint32_t chunk = 0;
  std::uint32_t chunks = 1;
  /// Piece `piece` of `pieces`, from 0; the pieces of a delta or chunk follow each other.
  std::uint32_t piece = 0;
  std::uint32_t pieces = 1;
  /// Partitions of the input topics at that time: keys move when it changes.
  std::int32_t partition_count = 0;

  friend bool operator==(const StateRecordHead&, const StateRecordHead&) = default;
};

/// Largest value of a state record; brokers take a megabyte by default.
inline constexpr std::size_t kStateRecordBytesMax = 900'000;

std::string encode_state_head(const StateRecordHead& head);
/// kUnavailable, not to be tried again, when `key` is no head of ours; kInvalidConfig naming both
/// versions when it is of a version that we do not know.
Result<StateRecordHead> decode_state_head(std::string_view key);

/// The pieces of a delta's or chunk's bytes, each at most `bytes_max`; views into `bytes`. One,
/// empty, for nothing.
std::vector<std::string_view> split_state_value(std::string_view bytes,
                                                std::size_t bytes_max = kStateRecordBytesMax);

}  // namespace sitrep
