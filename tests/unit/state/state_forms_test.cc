// SPDX-License-Identifier: Apache-2.0
// The forms of docs/formats.md that stand in the log: what is committed beside an offset, and the
// heads of state records.
#include <gmock/gmock.h>

#include <random>

#include "engine/base/text.h"
#include "engine/state/base64.h"
#include "engine/state/commit_metadata.h"
#include "engine/state/state_record.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Incarnation kIncarnation{.log = 0x1122334455667788,
                                   .id = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

CommitMetadata metadata() {
  return {.partition_count = 6,
          .end = Offset(300),
          .stages = {{.stage = StageId(0xa1b2c3d4),
                      .epoch = Epoch(9),
                      .mark = {.incarnation = kIncarnation, .next = Offset(70)},
                      .snapshot = SnapshotMark{.first_chunk = Offset(40), .position = Offset(38)}},
                     {.stage = StageId(1),
                      .epoch = Epoch(0),
                      .mark = {.incarnation = kIncarnation, .next = Offset(0)},
                      .snapshot = std::nullopt}}};
}

StateRecordHead head() {
  return {.kind = StateRecordKind::kDelta,
          .incarnation = kIncarnation,
          .epoch = Epoch(300),
          .predecessor = Offset(70),
          .chunk = 0,
          .chunks = 1,
          .piece = 1,
          .pieces = 3,
          .partition_count = 6};
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

TEST(Base64, is_that_of_rfc_4648) {
  const std::pair<std::string, std::string> kKnown[] = {{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : kKnown) {
    EXPECT_EQ(encode_base64(bytes), text);
    EXPECT_EQ(decode_base64(text), bytes);
  }
  EXPECT_EQ(decode_base64("\xFF///"), std::nullopt);
  for (const std::string_view wrong : {"Zg=", "Zg", "Z===", "Zh==", "Zg==Zg==", "Zm 8", "=m8="}) {
    EXPECT_EQ(decode_base64(wrong), std::nullopt) << wrong;
  }
}

TEST(CommitMetadata, bytes_are_those_of_the_documented_form) {
  const std::string text = encode_commit_metadata(metadata());
  const std::string bytes = decode_base64(text).value();
  EXPECT_EQ(hex(bytes.substr(0, bytes.size() - 4)),
            "01"
            "06"  // version, six partitions
            "01"
            "ac02"  // an end: 300
            "02"    // two stages
            "d4c3b2a1"
            "09"  // stage, epoch
            "8877665544332211"
            "000102030405060708090a0b0c0d0e0f"
            "46"  // incarnation, next 70
            "01"
            "28"
            "26"  // a snapshot: from 40 on, stands for 38
            "01000000"
            "00"
            "8877665544332211"
            "000102030405060708090a0b0c0d0e0f"
            "00"
            "00");
  EXPECT_EQ(decode_commit_metadata(text).value(), metadata());
}

TEST(CommitMetadata, what_is_cut_or_changed_is_refused) {
  const std::string text = encode_commit_metadata(metadata());
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto cut = decode_commit_metadata(text.substr(0, size));
    ASSERT_FALSE(cut) << size;
    EXPECT_FALSE(cut.error().retriable());
  }
  for (std::size_t at = 0; at + 2 < text.size(); ++at) {
    std::string changed = text;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(decode_commit_metadata(changed)) << at;
  }
  EXPECT_FALSE(decode_commit_metadata("set by hand"));
}

TEST(CommitMetadata, an_unknown_version_is_named) {
  std::string bytes = decode_base64(encode_commit_metadata(metadata())).value();
  bytes[0] = 7;
  const auto decoded = decode_commit_metadata(encode_base64(bytes));
  EXPECT_EQ(decoded.error(), invalid_config("its format version is 7, this program knows 1"));
}

TEST(CommitMetadata, the_longest_is_counted) {
  EXPECT_EQ(commit_metadata_bytes_max(0),
            encode_commit_metadata(
                {.partition_count = 2147483647, .end = Offset(INT64_MAX), .stages = {}})
                .size());
  EXPECT_GE(commit_metadata_bytes_max(2), encode_commit_metadata(metadata()).size());
  EXPECT_LT(commit_metadata_bytes_max(20), kCommitMetadataBytesMax);
}

TEST(StateRecordHead, bytes_are_those_of_the_documented_form) {
  EXPECT_EQ(hex(encode_state_head(head())),
            "02"
            "01"
            "8877665544332211"
            "000102030405060708090a0b0c0d0e0f"  // delta, incarnation
            "ac02"
            "46"
            "00"
            "01"
            "01"
            "03"
            "06");  // epoch, predecessor, chunk 0 of 1, piece 1 of 3, six partitions
  EXPECT_EQ(decode_state_head(encode_state_head(head())).value(), head());
  StateRecordHead chunk = head();
  chunk.kind = StateRecordKind::kSnapshotChunk;
  chunk.chunk = 5;
  chunk.chunks = kMoreChunksCome;
  EXPECT_EQ(decode_state_head(encode_state_head(chunk)).value(), chunk);
}

TEST(StateRecordHead, what_is_no_head_is_refused) {
  const std::string bytes = encode_state_head(head());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_state_head(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_state_head(bytes + "x"));
  std::string other = bytes;
  other[0] = 1;
  EXPECT_THAT(decode_state_head(other).error().message(),
              HasSubstr("format version 1, this program knows 2"));
  other = bytes;
  other[1] = 3;
  EXPECT_FALSE(decode_state_head(other)) << "an unknown kind";
}

TEST(StateRecord, values_are_split_and_an_empty_one_is_one_piece) {
  EXPECT_THAT(split_state_value("abcdefg", 3), ElementsAre("abc", "def", "g"));
  EXPECT_THAT(split_state_value("abc", 3), ElementsAre("abc"));
  EXPECT_THAT(split_state_value("", 3), ElementsAre(""));
}

}  // namespace
}  // namespace sitrep
