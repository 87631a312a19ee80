// SPDX-License-Identifier: Apache-2.0
#include "engine/state/commit_metadata.h"

#include <limits>
#include <utility>

#include "engine/base/ensure.h"
#include "engine/base/text.h"
#include "engine/state/base64.h"
#include "engine/state/binary.h"
#include "engine/state/mark_form.h"

namespace sitrep {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kChecksumBytes = sizeof(std::uint32_t);
// Flags.
constexpr std::uint8_t kHasEnd = 1;
constexpr std::uint8_t kHasSnapshot = 1;

std::uint32_t checksum_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(hash_bytes(bytes));
}

void append_stage(std::string& out, const StageCommit& stage) {
  append_fixed(out, stage.stage.value());
  append_varint(out, stage.epoch.value());
  append_mark(out, stage.mark);
  append_fixed(out, stage.snapshot ? kHasSnapshot : std::uint8_t{0});
  if (!stage.snapshot) return;
  append_offset(out, stage.snapshot->first_chunk);
  append_offset(out, stage.snapshot->position);
}

StageCommit read_stage(BinaryReader& in) {
  StageCommit stage;
  stage.stage = StageId(in.fixed<std::uint32_t>());
  stage.epoch = Epoch(in.varint());
  stage.mark = read_mark(in);
  const auto flags = in.fixed<std::uint8_t>();
  if (flags > kHasSnapshot) in.fail();
  if (flags == kHasSnapshot) {
    SnapshotMark& snapshot = stage.snapshot.emplace();
    snapshot.first_chunk = read_offset(in);
    snapshot.position = read_offset(in);
  }
  return stage;
}

}  // namespace

std::size_t commit_metadata_bytes_max(std::size_t stages) {
  constexpr Offset kLargest(std::numeric_limits<std::int64_t>::max());
  const StageCommit stage{.stage = StageId(std::numeric_limits<std::uint32_t>::max()),
                          .epoch = Epoch(std::numeric_limits<std::uint64_t>::max()),
                          .mark = {.incarnation = {}, .next = kLargest},
                          .snapshot = SnapshotMark{.first_chunk = kLargest, .position = kLargest}};
  return encode_commit_metadata({.partition_count = std::numeric_limits<std::int32_t>::max(),
                                 .end = kLargest,
                                 .stages = std::vector<StageCommit>(stages, stage)})
      .size();
}

std::string encode_commit_metadata(const CommitMetadata& metadata) {
  ENSURE(metadata.partition_count >= 0, "a topic has partitions");
  std::string out;
  append_fixed(out, kVersion);
  append_varint(out, static_cast<std::uint64_t>(metadata.partition_count));
  append_fixed(out, metadata.end ? kHasEnd : std::uint8_t{0});
  if (metadata.end) append_offset(out, *metadata.end);
  append_varint(out, metadata.stages.size());
  for (const StageCommit& stage : metadata.stages) append_stage(out, stage);
  append_fixed(out, checksum_of(out));
  return encode_base64(out);
}

Result<CommitMetadata> decode_commit_metadata(std::string_view text) {
  const auto bytes = decode_base64(text);
  if (!bytes || bytes->size() <= kChecksumBytes) {
    return unavailable("it is not of sitrep's form", Retry::kNever);
  }
  const auto version = static_cast<std::uint8_t>(bytes->front());
  if (version != kVersion) {
    return invalid_config(
        concat("its format version is ", version, ", this program knows ", kVersion));
  }
  const std::string_view body(bytes->data(), bytes->size() - kChecksumBytes);
  BinaryReader checksum(std::string_view(*bytes).substr(body.size()));
  if (checksum.fixed<std::uint32_t>() != checksum_of(body)) {
    return unavailable("its checksum does not match its bytes", Retry::kNever);
  }
  BinaryReader in(body.substr(1));
  CommitMetadata metadata;
  const std::uint64_t partitions = in.varint();
  if (partitions > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) in.fail();
  metadata.partition_count = in.ok() ? static_cast<std::int32_t>(partitions) : 0;
  const auto flags = in.fixed<std::uint8_t>();
  if (flags > kHasEnd) in.fail();
  if (flags == kHasEnd) metadata.end = read_offset(in);
  const std::size_t stages = in.count();
  for (std::size_t n = 0; n < stages && in.ok(); ++n) metadata.stages.push_back(read_stage(in));
  if (!in.ok() || in.left() != 0) {
    return unavailable("its bytes are not of its form", Retry::kNever);
  }
  return metadata;
}

}  // namespace sitrep
