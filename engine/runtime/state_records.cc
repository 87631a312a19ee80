// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/state_records.h"

#include "engine/state/state_record.h"

namespace sitrep {

namespace {

void append_pieces(StateRecordHead head, std::string_view bytes, PartitionId partition,
                   const StateTail& tail, OutputBatch& out) {
  const std::vector<std::string_view> pieces = split_state_value(bytes);
  head.pieces = static_cast<std::uint32_t>(pieces.size());
  head.partition_count = tail.partition_count;
  for (const std::string_view piece : pieces) {
    const std::string key = encode_state_head(head);
    out.append({.topic = tail.topic,
                .partition = partition,
                .key = key,
                .value = piece,
                .headers = {},
                .timestamp = std::nullopt});
    ++head.piece;
  }
}

}  // namespace

void append_state_records(const Delta& delta, const StateTail& tail, OutputBatch& out) {
  append_pieces({.kind = StateRecordKind::kDelta,
                 .incarnation = tail.mark.incarnation,
                 .epoch = delta.position.epoch,
                 .predecessor = tail.mark.next},
                delta.bytes, delta.task.partition, tail, out);
}

void append_chunk_records(const SnapshotChunk& chunk, PartitionId partition, const StateTail& tail,
                          OutputBatch& out) {
  append_pieces({.kind = StateRecordKind::kSnapshotChunk,
                 .incarnation = chunk.mark.incarnation,
                 .epoch = chunk.epoch,
                 .predecessor = chunk.mark.next,
                 .chunk = chunk.part,
                 .chunks = chunk.last ? chunk.part + 1 : kMoreChunksCome},
                chunk.bytes, partition, tail, out);
}

std::vector<CommittedPosition> positions_with_state(const Delta& delta, const StateTail& tail,
                                                    Offset next,
                                                    const std::optional<SnapshotMark>& snapshot) {
  std::vector<CommittedPosition> out;
  for (const InputPosition& input : delta.position.inputs) {
    const CommitMetadata metadata{
        .partition_count = tail.partition_count,
        .end = input.end,
        .stages = {{.stage = delta.task.stage,
                    .epoch = delta.position.epoch,
                    .mark = {.incarnation = tail.mark.incarnation, .next = next},
                    .snapshot = snapshot}}};
    out.push_back({.partition = input.partition,
                   .next = input.next,
                   .metadata = encode_commit_metadata(metadata)});
  }
  return out;
}

}  // namespace sitrep
