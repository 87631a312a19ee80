// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/state_records.h"

#include "engine/state/state_record.h"

namespace sitrep {

void append_state_records(const Delta& delta, const StateTail& tail, OutputBatch& out) {
  const std::vector<std::string_view> pieces = split_state_value(delta.bytes);
  StateRecordHead head{.kind = StateRecordKind::kDelta,
                       .incarnation = tail.mark.incarnation,
                       .epoch = delta.position.epoch,
                       .predecessor = tail.mark.next,
                       .part = 0,
                       .parts = static_cast<std::uint32_t>(pieces.size()),
                       .partition_count = tail.partition_count};
  for (const std::string_view piece : pieces) {
    const std::string key = encode_state_head(head);
    out.append({.topic = tail.topic,
                .partition = delta.task.partition,
                .key = key,
                .value = piece,
                .headers = {},
                .timestamp = std::nullopt});
    ++head.part;
  }
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
