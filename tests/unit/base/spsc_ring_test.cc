// SPDX-License-Identifier: Apache-2.0
#include "engine/base/spsc_ring.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace sitrep {
namespace {

TEST(SpscRing, gives_back_what_was_put_in_in_order_around_its_end) {
  SpscRing<std::string> ring(3);
  std::vector<std::string> out;
  int next = 0;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 2; ++i) {
      std::string item = std::to_string(next++);
      ASSERT_TRUE(ring.try_push(item));
    }
    while (auto item = ring.try_pop()) out.push_back(*item);
  }
  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i) expected.push_back(std::to_string(i));
  EXPECT_EQ(out, expected);
}

TEST(SpscRing, a_full_ring_leaves_the_item_with_its_owner) {
  SpscRing<std::unique_ptr<int>> ring(2);
  for (int i = 0; i < 2; ++i) {
    auto item = std::make_unique<int>(i);
    ASSERT_TRUE(ring.try_push(item));
    EXPECT_EQ(item, nullptr);
  }
  auto third = std::make_unique<int>(2);
  EXPECT_FALSE(ring.try_push(third));
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(*third, 2);
  EXPECT_EQ(ring.size(), 2U);
  EXPECT_EQ(**ring.try_pop(), 0);
  EXPECT_TRUE(ring.try_push(third));
  EXPECT_EQ(**ring.try_pop(), 1);
  EXPECT_EQ(**ring.try_pop(), 2);
  EXPECT_FALSE(ring.try_pop().has_value());
  EXPECT_TRUE(ring.empty());
}

TEST(SpscRing, what_is_left_inside_is_destroyed_with_it) {
  const auto watched = std::make_shared<int>(1);
  {
    SpscRing<std::shared_ptr<int>> ring(4);
    for (int i = 0; i < 3; ++i) {
      auto copy = watched;
      ASSERT_TRUE(ring.try_push(copy));
    }
    EXPECT_EQ(watched.use_count(), 4);
    (void)ring.try_pop();
    EXPECT_EQ(watched.use_count(), 3);
  }
  EXPECT_EQ(watched.use_count(), 1);
}

TEST(SpscRing, two_threads_pass_everything_in_order) {
  constexpr int kItems = 200'000;
  SpscRing<std::unique_ptr<int>> ring(7);
  std::vector<int> received;
  received.reserve(kItems);
  {
    const std::jthread consumer([&] {
      while (received.size() < kItems) {
        if (const auto item = ring.try_pop()) {
          received.push_back(**item);
        } else {
          std::this_thread::yield();
        }
      }
    });
    for (int i = 0; i < kItems; ++i) {
      auto item = std::make_unique<int>(i);
      while (!ring.try_push(item)) std::this_thread::yield();
    }
  }
  ASSERT_EQ(received.size(), static_cast<std::size_t>(kItems));
  for (int i = 0; i < kItems; ++i) ASSERT_EQ(received[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace sitrep
