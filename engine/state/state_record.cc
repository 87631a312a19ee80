// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_record.h"

#include <limits>

#include "engine/base/ensure.h"
#include "engine/base/text.h"
#include "engine/state/binary.h"
#include "engine/state/mark_form.h"

namespace sitrep {
namespace {

constexpr std::uint8_t kVersion = 2;

std::uint32_t read_small(BinaryReader& in) {
  const std::uint64_t value = in.varint();
  if (value > std::numeric_limits<std::uint32_t>::max()) in.fail();
  return in.ok() ? static_cast<std::uint32_t>(value) : 0;
}

}  // namespace

std::string encode_state_head(const StateRecordHead& head) {
  ENSURE(head.chunk < head.chunks && head.piece < head.pieces && head.partition_count >= 0,
         "a piece of a record");
  std::string out;
  append_fixed(out, kVersion);
  append_fixed(out, static_cast<std::uint8_t>(head.kind));
  append_incarnation(out, head.incarnation);
  append_varint(out, head.epoch.value());
  append_offset(out, head.predecessor);
  append_varint(out, head.chunk);
  append_varint(out, head.chunks);
  append_varint(out, head.piece);
  append_varint(out, head.pieces);
  append_varint(out, static_cast<std::uint64_t>(head.partition_count));
  return out;
}

Result<StateRecordHead> decode_state_head(std::string_view key) {
  if (key.empty()) return unavailable("a record without a key", Retry::kNever);
  const auto version = static_cast<std::uint8_t>(key.front());
  if (version != kVersion) {
    return invalid_config(
        concat("a state record has format version ", version, ", this program knows ", kVersion));
  }
  BinaryReader in(key.substr(1));
  StateRecordHead head;
  const auto kind = in.fixed<std::uint8_t>();
  if (kind != static_cast<std::uint8_t>(StateRecordKind::kDelta) &&
      kind != static_cast<std::uint8_t>(StateRecordKind::kSnapshotChunk)) {
    in.fail();
  }
  head.kind = static_cast<StateRecordKind>(kind);
  head.incarnation = read_incarnation(in);
  head.epoch = Epoch(in.varint());
  head.predecessor = read_offset(in);
  head.chunk = read_small(in);
  head.chunks = read_small(in);
  head.piece = read_small(in);
  head.pieces = read_small(in);
  head.partition_count = static_cast<std::int32_t>(read_small(in));
  if (!in.ok() || in.left() != 0 || head.chunk >= head.chunks || head.piece >= head.pieces ||
      head.partition_count < 0) {
    return unavailable("the head of a state record is not of its form", Retry::kNever);
  }
  return head;
}

std::vector<std::string_view> split_state_value(std::string_view bytes, std::size_t bytes_max) {
  std::vector<std::string_view> pieces;
  do {
    pieces.push_back(bytes.substr(0, bytes_max));
    bytes.remove_prefix(pieces.back().size());
  } while (!bytes.empty());
  return pieces;
}

}  // namespace sitrep
