// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an epoch of a task becomes in the log: records of its state log, and what is committed
// beside its positions. Functions only; thread-safe.

#include <optional>
#include <vector>

#include "engine/log/log.h"
#include "engine/runtime/messages.h"

namespace sitrep {

/// Appends the records of a delta whose task stands at `tail`.
void append_state_records(const Delta& delta, const StateTail& tail, OutputBatch& out);
/// The same of a snapshot's chunk, of the task of `partition`.
void append_chunk_records(const SnapshotChunk& chunk, PartitionId partition, const StateTail& tail,
                          OutputBatch& out);

/// Positions of the delta's inputs, with the state standing at `next` in its log.
std::vector<CommittedPosition> positions_with_state(const Delta& delta, const StateTail& tail,
                                                    Offset next,
                                                    const std::optional<SnapshotMark>& snapshot);

}  // namespace sitrep
