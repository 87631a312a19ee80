// SPDX-License-Identifier: Apache-2.0
// Whatever its size, what an epoch leaves behind fits the records that a broker takes.
#include "engine/runtime/state_records.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/state/state_record.h"

namespace sitrep {
namespace {

const Incarnation kIncarnation{.log = 1, .id = {2}};
constexpr TaskId kTask{.stage = StageId(3), .partition = PartitionId(4)};

StateTail tail() {
  StateTail out;
  out.topic = TopicId(5);
  out.partition_count = 6;
  out.mark = {.incarnation = kIncarnation, .next = Offset(70)};
  return out;
}

std::string letters(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += static_cast<char>('a' + i % 26);
  return out;
}

/// The values joined; each record is for the task's partition and has `head` but for its piece.
std::string joined(const OutputBatch& batch, StateRecordHead head) {
  std::string bytes;
  head.pieces = static_cast<std::uint32_t>(batch.size());
  for (const OutputRecord& record : batch.records()) {
    EXPECT_EQ(record.topic, TopicId(5));
    EXPECT_EQ(record.partition, PartitionId(4));
    EXPECT_EQ(decode_state_head(record.key.value()).value(), head);
    EXPECT_LE(record.value.value().size(), kStateRecordBytesMax);
    bytes += *record.value;
    ++head.piece;
  }
  return bytes;
}

TEST(StateRecords, a_delta_is_split) {
  Delta delta;
  delta.task = kTask;
  delta.position.epoch = Epoch(9);
  delta.bytes = letters(2'000'000);
  OutputBatch out;
  append_state_records(delta, tail(), out);
  EXPECT_EQ(out.size(), 3U);
  EXPECT_EQ(joined(out, {.kind = StateRecordKind::kDelta,
                         .incarnation = kIncarnation,
                         .epoch = Epoch(9),
                         .predecessor = Offset(70),
                         .partition_count = 6}),
            delta.bytes);
}

TEST(StateRecords, a_chunk_with_a_large_entry_is_split) {
  SnapshotChunk chunk;
  chunk.mark = {.incarnation = kIncarnation, .next = Offset(50)};
  chunk.epoch = Epoch(8);
  chunk.part = 2;
  chunk.bytes = letters(1'000'000);
  for (const bool last : {false, true}) {
    chunk.last = last;
    OutputBatch out;
    append_chunk_records(chunk, kTask.partition, tail(), out);
    EXPECT_EQ(out.size(), 2U);
    EXPECT_EQ(joined(out, {.kind = StateRecordKind::kSnapshotChunk,
                           .incarnation = kIncarnation,
                           .epoch = Epoch(8),
                           .predecessor = Offset(50),
                           .chunk = 2,
                           .chunks = last ? 3 : kMoreChunksCome,
                           .partition_count = 6}),
              chunk.bytes);
  }
}

}  // namespace
}  // namespace sitrep
