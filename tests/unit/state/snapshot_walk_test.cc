// SPDX-License-Identifier: Apache-2.0
#include "engine/state/snapshot_walk.h"

#include <gmock/gmock.h>

#include <map>
#include <tuple>
#include <vector>

#include "engine/base/text.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using Entries = std::map<std::tuple<std::uint32_t, std::string, Micros, std::string>, std::string>;

constexpr TaskId kTask{.stage = StageId(7), .partition = PartitionId(2)};
constexpr StateMark kMark{.incarnation = {.log = 1, .id = {9}}, .next = Offset(70)};

std::unique_ptr<StateImage> open_image(const TemporaryDirectory& directory) {
  return *StateImage::open({.directory = directory.path().string(), .job = "job"});
}

Entries entries_of(const StateImage& image) {
  Entries out;
  EXPECT_TRUE(image.restore(kTask, [&](StoreId store, const StateKey& key,
                                       std::string_view value) -> Result<void> {
    out[{store.value(), std::string(key.clock), key.pane, std::string(key.key)}] = value;
    return {};
  }));
  return out;
}

void write(StateImage& image, int from, int to, Epoch epoch, StateMark mark) {
  DeltaBuilder builder;
  for (int n = from; n < to; ++n) {
    builder.put(StoreId(static_cast<std::uint32_t>(n % 3)),
                {.clock = n % 2 == 0 ? "" : "C1", .pane = n % 5 - 2, .key = concat("k", n)},
                std::string(static_cast<std::size_t>(n % 40), 'v'));
  }
  Delta delta = builder.finish(kTask, {.epoch = epoch, .inputs = {}});
  delta.mark = mark;
  ASSERT_TRUE(image.write({&delta, 1}));
}

TEST(SnapshotWalk, its_chunks_are_the_image_as_it_was_when_the_walk_began) {
  const TemporaryDirectory directory;
  const auto image = open_image(directory);
  write(*image, 0, 200, Epoch(5), kMark);
  const Entries expected = entries_of(*image);
  const auto walk = *SnapshotWalk::begin(*image, kTask);
  ASSERT_TRUE(walk);
  EXPECT_EQ(walk->mark(), kMark);
  EXPECT_EQ(walk->epoch(), Epoch(5));
  write(*image, 100, 300, Epoch(6), {.incarnation = kMark.incarnation, .next = Offset(80)});

  const TemporaryDirectory other_directory;
  const auto other = open_image(other_directory);
  std::size_t chunks = 0;
  while (true) {
    const auto chunk = *walk->next(500);
    if (!chunk) break;
    ++chunks;
    EXPECT_LT(chunk->size(), 700U);
    const Delta delta{.task = kTask, .position = {}, .bytes = *chunk};
    ASSERT_TRUE(other->write({&delta, 1}));
  }
  EXPECT_GT(chunks, 5U);
  EXPECT_EQ(entries_of(*other), expected);
  EXPECT_EQ(other->position(kTask).value()->task.epoch, Epoch(5));
}

TEST(SnapshotWalk, a_state_without_entries_is_one_chunk) {
  const TemporaryDirectory directory;
  const auto image = open_image(directory);
  write(*image, 0, 0, Epoch(1), kMark);
  const auto walk = *SnapshotWalk::begin(*image, kTask);
  EXPECT_TRUE((*walk->next(500)).has_value());
  EXPECT_FALSE((*walk->next(500)).has_value());
  EXPECT_FALSE((*walk->next(500)).has_value());
}

TEST(SnapshotWalk, an_image_that_stands_nowhere_in_a_log_has_none) {
  const TemporaryDirectory directory;
  const auto image = open_image(directory);
  EXPECT_EQ(*SnapshotWalk::begin(*image, kTask), nullptr);
}

}  // namespace
}  // namespace sitrep
