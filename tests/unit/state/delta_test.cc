// SPDX-License-Identifier: Apache-2.0
#include "engine/state/delta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/text.h"
#include "engine/state/binary.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr StoreId kGroups(0x11223344);
constexpr StoreId kTimers(7);
constexpr TaskId kTask{.stage = StageId(0xa1b2c3d4), .partition = PartitionId(5)};

TaskPosition position() {
  return {
      .epoch = Epoch(300),
      .inputs = {{.partition = {.topic = "pos", .partition = PartitionId(5)},
                  .next = Offset(70),
                  .end = Offset(99)}}};
}

std::string text(const Change& change) {
  const std::string place =
      concat(change.store, " ", change.key.clock, "/", change.key.pane, "/", change.key.key);
  switch (change.kind) {
    case Change::Kind::kPut: return concat("put ", place, "=", change.value);
    case Change::Kind::kRemove: return concat("remove ", place);
    case Change::Kind::kRemovePane: return concat("remove_pane ", place);
  }
  return {};
}

std::vector<std::string> texts(const DecodedDelta& delta) {
  std::vector<std::string> texts;
  for (const Change& change : delta.changes) texts.push_back(text(change));
  return texts;
}

Delta sample() {
  DeltaBuilder builder;
  builder.remove_pane(kGroups, "", 50);
  builder.put(kGroups, {.clock = "", .pane = 60, .key = "veh-1"}, "ab");
  builder.put(kGroups, {.clock = "", .pane = 60, .key = ""}, "");
  builder.remove(kTimers, {.clock = "C3", .pane = -1, .key = "t"});
  return builder.finish(kTask, position());
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

std::string with_checksum(std::string bytes) {
  bytes.resize(bytes.size() - sizeof(std::uint64_t));
  append_fixed(bytes, hash_bytes(bytes));
  return bytes;
}

TEST(DeltaTest, bytes_are_those_of_the_documented_form) {
  EXPECT_EQ(hex(sample().bytes),
            "03"                          // version
            "d4c3b2a1" "05"               // task
            "ac02" "01" "03706f73" "05"   // epoch 300; topic pos, partition 5,
            "8c01" "64"                   // next 70, end 99
            "02" "00" "024333"            // clocks "", "C3"
            "02"                          // stores
            "44332211" "02"               // groups of the first store:
            "00" "64" "01" "00" "00"      //   pane 50: removed
            "00" "14" "00" "00" "02"      //   pane 60: two puts
            "0500" "7665682d31"           // keys: 5 and 0 bytes, veh-1
            "0200" "6162"                 // values: 2 and 0 bytes, ab
            "07000000" "01"               // groups of the second store:
            "01" "01" "00" "01" "00"      //   clock C3, pane -1: one remove
            "01" "74"                     // removed keys: 1 byte, t
            "877b7e2b498ff4fb");          // checksum
}

TEST(DeltaTest, decodes_to_what_was_put_in_order) {
  const Delta delta = sample();
  const Result<DecodedDelta> decoded = decode_delta(delta.bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
  EXPECT_EQ(decoded->task, kTask);
  EXPECT_EQ(decoded->position, position());
  EXPECT_EQ(delta.position, position());
  EXPECT_THAT(texts(*decoded),
              ElementsAre("remove_pane 287454020 /50/", "put 287454020 /60/veh-1=ab",
                          "put 287454020 /60/=", "remove 7 C3/-1/t"));
}

TEST(DeltaTest, a_builder_starts_anew_after_finish) {
  DeltaBuilder builder;
  builder.put(kGroups, {.clock = "C3", .pane = 1, .key = "k"}, "v");
  EXPECT_GT(builder.bytes(), 0U);
  (void)builder.finish(kTask, position());
  EXPECT_EQ(builder.bytes(), 0U);
  const Delta empty = builder.finish(kTask, {});
  const Result<DecodedDelta> decoded = decode_delta(empty.bytes);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_THAT(decoded->changes, IsEmpty());
  EXPECT_EQ(decoded->position, TaskPosition{});
}

TEST(DeltaTest, extreme_numbers_and_bytes_survive) {
  DeltaBuilder builder;
  const std::string zeros("\0\xff\0", 3);
  for (const Micros pane : {std::numeric_limits<Micros>::max(), std::numeric_limits<Micros>::min(),
                            Micros{0}, std::numeric_limits<Micros>::max()}) {
    builder.put(kGroups, {.clock = zeros, .pane = pane, .key = zeros}, zeros);
  }
  const TaskPosition far{.epoch = Epoch(std::numeric_limits<std::uint64_t>::max()),
                         .inputs = {{.partition = {.topic = zeros, .partition = PartitionId(0)},
                                     .next = Offset(std::numeric_limits<std::int64_t>::max())},
                                    {.partition = {.topic = "",
                                                   .partition = PartitionId(2147483647)},
                                     .next = Offset(-1)}}};
  const Delta delta = builder.finish(kTask, far);
  const Result<DecodedDelta> decoded = decode_delta(delta.bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
  EXPECT_EQ(decoded->position, far);
  ASSERT_EQ(decoded->changes.size(), 4U);
  EXPECT_EQ(decoded->changes[0].key.pane, std::numeric_limits<Micros>::max());
  EXPECT_EQ(decoded->changes[1].key.pane, std::numeric_limits<Micros>::min());
  EXPECT_EQ(decoded->changes[3].key.clock, zeros);
  EXPECT_EQ(decoded->changes[3].value, zeros);
}

TEST(DeltaTest, an_unknown_version_is_named) {
  Delta delta = sample();
  delta.bytes[0] = 9;
  const Result<DecodedDelta> decoded = decode_delta(with_checksum(delta.bytes));
  EXPECT_EQ(decoded.error().kind(), ErrorKind::kCorrupt);
  EXPECT_THAT(decoded.error().message(), HasSubstr("format version is 9, this program knows 3"));
}

TEST(DeltaTest, a_damaged_or_cut_record_is_corrupt) {
  const std::string bytes = sample().bytes;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_EQ(decode_delta(damaged).error().kind(), ErrorKind::kCorrupt) << at;
    EXPECT_EQ(decode_delta(bytes.substr(0, at)).error().kind(), ErrorKind::kCorrupt) << at;
  }
}

/// Beyond the checksum: bytes that claim to be right.
TEST(DeltaTest, no_bytes_can_make_it_read_beyond_them) {
  constexpr std::uint32_t kSeed = 20260126;
  std::mt19937 random(kSeed);
  const std::string bytes = sample().bytes;
  std::size_t valid = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string mutated = bytes;
    for (auto n = random() % 4 + 1; n > 0; --n) {
      const std::size_t at = 1 + random() % (mutated.size() - 1);
      switch (random() % 3) {
        case 0: mutated[at] = static_cast<char>(random()); break;
        case 1: mutated.erase(at, 1 + random() % 4); break;
        default: mutated.insert(at, 1 + random() % 4, static_cast<char>(random())); break;
      }
      if (mutated.size() < 16) mutated = bytes;
    }
    mutated = with_checksum(mutated);
    const Result<DecodedDelta> decoded = decode_delta(mutated);
    if (!decoded) {
      ASSERT_EQ(decoded.error().kind(), ErrorKind::kCorrupt);
      continue;
    }
    ++valid;
    for (const Change& change : decoded->changes) {
      for (const std::string_view view : {change.key.clock, change.key.key, change.value}) {
        if (view.empty()) continue;
        ASSERT_GE(view.data(), mutated.data());
        ASSERT_LE(view.data() + view.size(), mutated.data() + mutated.size());
      }
    }
  }
  EXPECT_GT(valid, 0U) << "the mutations are too coarse to prove anything";
}

}  // namespace
}  // namespace sitrep
