// SPDX-License-Identifier: Apache-2.0
#include "engine/state/flusher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr TaskId kTask{.stage = StageId(1), .partition = PartitionId(0)};
constexpr TaskId kOther{.stage = StageId(1), .partition = PartitionId(1)};

class FlusherTest : public ::testing::Test {
 protected:
  static Delta delta(TaskId task, std::uint64_t epoch, std::string_view value = "v") {
    DeltaBuilder builder;
    builder.put(StoreId(1), {.clock = "", .pane = 0, .key = "k"}, value);
    return builder.finish(task, {.epoch = Epoch(epoch), .inputs = {}});
  }

  std::uint64_t epoch_ = 0;
  TemporaryDirectory directory_;
  std::unique_ptr<StateImage> image_ =
      *StateImage::open({.directory = directory_.path(), .job = "camp"});
  Flusher flusher_{*image_, {.flush_interval = 100, .pending_bytes_max = 1000}};
};

TEST_F(FlusherTest, writes_when_the_oldest_delta_has_waited_long_enough) {
  EXPECT_FALSE(flusher_.step(0).value());
  flusher_.add(delta(kTask, 1));
  EXPECT_FALSE(flusher_.step(1000).value());
  flusher_.add(delta(kTask, 2));
  flusher_.add(delta(kOther, 7));
  EXPECT_FALSE(flusher_.step(1099).value());
  EXPECT_THAT(flusher_.take_flushed(), IsEmpty());
  EXPECT_TRUE(flusher_.step(1100).value());
  EXPECT_EQ(flusher_.pending_bytes(), 0U);
  EXPECT_THAT(flusher_.take_flushed(),
              UnorderedElementsAre(Pair(kTask, Epoch(2)), Pair(kOther, Epoch(7))));
  EXPECT_THAT(flusher_.take_flushed(), IsEmpty());
  EXPECT_EQ(image_->position(kTask).value()->task.epoch, Epoch(2));
  EXPECT_FALSE(flusher_.step(5000).value());
}

TEST_F(FlusherTest, writes_at_once_when_asked_or_when_much_waits) {
  flusher_.flush_now();
  EXPECT_FALSE(flusher_.step(0).value());
  flusher_.add(delta(kTask, 1));
  EXPECT_FALSE(flusher_.step(0).value()) << "there was nothing to flush when it was asked";
  flusher_.flush_now();
  EXPECT_TRUE(flusher_.step(0).value());
  flusher_.add(delta(kTask, 2, std::string(1001, 'x')));
  EXPECT_GT(flusher_.pending_bytes(), 1000U);
  EXPECT_TRUE(flusher_.step(0).value());
}

TEST_F(FlusherTest, lent_memory_is_taken_step_by_step) {
  const auto fits = [&](std::size_t bytes) {
    flusher_.add(delta(kTask, ++epoch_, std::string(bytes, 'x')));
    const bool fitted = !flusher_.full();
    flusher_.flush_now();
    EXPECT_TRUE(flusher_.step(0).value());
    return fitted;
  };
  EXPECT_FALSE(fits(1100)) << "nothing is lent";
  flusher_.lend(1500);
  EXPECT_TRUE(fits(100));
  EXPECT_TRUE(fits(1500));
  EXPECT_FALSE(fits(2600)) << "no more than is lent";
  flusher_.lend(0);
  EXPECT_FALSE(fits(1100));
}

TEST_F(FlusherTest, lent_memory_is_left_alone_when_much_is_written) {
  const auto add = [&](std::size_t bytes) {
    flusher_.add(delta(kTask, ++epoch_, std::string(bytes, 'x')));
  };
  const auto flush = [&] {
    flusher_.flush_now();
    EXPECT_TRUE(flusher_.step(0).value());
  };
  flusher_.lend(5000);
  add(100);
  flush();
  add(100);
  flush();
  // One entry that changed twice: half is left.
  add(1400);
  add(1400);
  EXPECT_FALSE(flusher_.full());
  flush();
  add(4500);
  EXPECT_FALSE(flusher_.full());
  flush();
  add(1500);
  EXPECT_TRUE(flusher_.full()) << "4,500 bytes were written at once";
}

TEST_F(FlusherTest, a_failure_loses_nothing) {
  flusher_.add(delta(kTask, 1));
  const std::size_t pending = flusher_.pending_bytes();
  Delta damaged = delta(kTask, 2);
  damaged.bytes[3] = static_cast<char>(damaged.bytes[3] ^ 1);
  flusher_.add(damaged);
  flusher_.flush_now();
  EXPECT_EQ(flusher_.step(0).error().kind(), ErrorKind::kCorrupt);
  EXPECT_GT(flusher_.pending_bytes(), pending);
  EXPECT_THAT(flusher_.take_flushed(), IsEmpty());
  EXPECT_FALSE(flusher_.step(0).has_value()) << "it tries again";
  EXPECT_EQ(image_->position(kTask).value(), std::nullopt);
}

}  // namespace
}  // namespace sitrep
