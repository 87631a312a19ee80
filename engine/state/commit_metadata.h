// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is committed beside the offset of an input partition: for each stage that reads it, where
// the stage's state stands. It is the truth at a start (decision 0006). ASCII: base64 of a
// versioned binary list (docs/formats.md). Functions only; thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/state/task_id.h"

namespace sitrep {

/// The newest complete snapshot of a task in its state log.
struct SnapshotMark {
  /// Offset of its first chunk.
  Offset first_chunk;
  /// What the snapshot stands for: deltas are applied from here on. Lies before first_chunk.
  Offset position;

  friend bool operator==(const SnapshotMark&, const SnapshotMark&) = default;
};

/// One stage's part.
struct StageCommit {
  StageId stage;
  Epoch epoch;
  StateMark mark;
  std::optional<SnapshotMark> snapshot;

  friend bool operator==(const StageCommit&, const StageCommit&) = default;
};

struct CommitMetadata {
  /// Partitions that the input topic had.
  std::int32_t partition_count = 0;
  /// Where a bounded run ends in this partition.
  std::optional<Offset> end;
  std::vector<StageCommit> stages;

  friend bool operator==(const CommitMetadata&, const CommitMetadata&) = default;
};

/// Brokers refuse metadata above 4096 bytes; we stay below this.
inline constexpr std::size_t kCommitMetadataBytesMax = 2048;
/// Length of the metadata of so many stages, at most.
std::size_t commit_metadata_bytes_max(std::size_t stages);

std::string encode_commit_metadata(const CommitMetadata& metadata);
/// kUnavailable, not to be tried again, when `text` is not ours or damaged; kInvalidConfig naming
/// both versions when it is of a version that we do not know.
Result<CommitMetadata> decode_commit_metadata(std::string_view text);

}  // namespace sitrep
