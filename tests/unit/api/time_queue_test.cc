// SPDX-License-Identifier: Apache-2.0
#include "engine/api/time_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>

#include "tests/unit/api/memory_image.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TimeQueueTest : public ::testing::Test {
 protected:
  std::vector<std::string> collect() {
    queue_.collect(Epoch(1), image_);
    return image_.take_changes();
  }

  MemoryImage image_;
  ClockTable clocks_;
  TimeQueue queue_{"silence/timers", clocks_};
};

TEST_F(TimeQueueTest, pops_in_order_of_time_and_key_up_to_a_time) {
  queue_.push(0, {.time = 20, .key = "b", .payload = "2"});
  queue_.push(0, {.time = 20, .key = "a", .payload = "1"});
  queue_.push(0, {.time = -5, .key = "z", .payload = "0"});
  queue_.push(0, {.time = 30, .key = "", .payload = ""});
  EXPECT_EQ(queue_.first_time(0), -5);
  std::string order;
  while (const auto item = queue_.pop(0, 20)) order += item->key + item->payload;
  EXPECT_EQ(order, "z0a1b2");
  EXPECT_EQ(queue_.size(), 1U);
  EXPECT_EQ(queue_.first_time(0), 30);
}

TEST_F(TimeQueueTest, clocks_do_not_mix) {
  const ClockId camp = clocks_.intern("CAMP-3");
  queue_.push(camp, {.time = 1, .key = "a", .payload = ""});
  EXPECT_FALSE(queue_.pop(0, 100).has_value());
  EXPECT_THAT(queue_.clocks(), ElementsAre(camp));
  EXPECT_TRUE(queue_.pop(camp, 1).has_value());
  EXPECT_THAT(queue_.clocks(), IsEmpty());
  EXPECT_FALSE(queue_.first_time(camp).has_value());
}

TEST_F(TimeQueueTest, what_comes_and_goes_within_an_epoch_leaves_no_trace) {
  queue_.push(0, {.time = 1, .key = "a", .payload = ""});
  queue_.push(0, {.time = 2, .key = "b", .payload = "held"});
  EXPECT_TRUE(queue_.erase(0, 1, "a"));
  EXPECT_FALSE(queue_.erase(0, 1, "a"));
  EXPECT_THAT(collect(), ElementsAre("put /2/b=held"));
  EXPECT_THAT(collect(), IsEmpty());
}

TEST_F(TimeQueueTest, what_an_epoch_put_is_removed_when_it_goes) {
  queue_.push(0, {.time = 2, .key = "b", .payload = ""});
  (void)collect();
  (void)queue_.pop(0, 2);
  EXPECT_THAT(collect(), ElementsAre("remove /2/b"));
}

TEST_F(TimeQueueTest, an_item_that_goes_and_comes_back_is_only_put) {
  queue_.push(0, {.time = 2, .key = "b", .payload = "1"});
  (void)collect();
  EXPECT_TRUE(queue_.erase(0, 2, "b"));
  queue_.push(0, {.time = 2, .key = "b", .payload = "2"});
  EXPECT_THAT(collect(), ElementsAre("put /2/b=2"));
  EXPECT_TRUE(queue_.erase(0, 2, "b"));
  queue_.push(0, {.time = 2, .key = "b", .payload = "3"});
  EXPECT_TRUE(queue_.erase(0, 2, "b"));
  EXPECT_THAT(collect(), ElementsAre("remove /2/b"));
}

TEST_F(TimeQueueTest, a_replaced_payload_is_put_again) {
  queue_.push(0, {.time = 2, .key = "b", .payload = "1"});
  (void)collect();
  queue_.push(0, {.time = 2, .key = "b", .payload = "2"});
  EXPECT_EQ(queue_.size(), 1U);
  EXPECT_THAT(collect(), ElementsAre("put /2/b=2"));
}

TEST_F(TimeQueueTest, memory_is_given_back) {
  const std::size_t empty = queue_.memory_bytes();
  for (int n = 0; n < 100; ++n) {
    queue_.push(
        0, {.time = n, .key = "a key beyond the short ones", .payload = std::string(100, 'x')});
  }
  EXPECT_GT(queue_.memory_bytes(), empty + 100 * 200);
  EXPECT_GT(queue_.changed_bytes(), 100 * 100U);
  while (queue_.pop(0, 100)) {
  }
  EXPECT_EQ(queue_.changed_bytes(), 0U);
  EXPECT_LT(queue_.memory_bytes(), empty + 128 * 16 + 64);
}

TEST_F(TimeQueueTest, behaves_like_a_map_over_restarts) {
  constexpr std::uint32_t kSeed = 7;
  std::mt19937 random(kSeed);
  std::map<std::tuple<ClockId, Micros, std::string>, std::string> model;
  auto queue = std::make_unique<TimeQueue>("q", clocks_);
  (void)clocks_.intern("CAMP-1");
  for (int step = 0; step < 3'000; ++step) {
    const ClockId clock = random() % 2;
    const Micros time = static_cast<Micros>(random() % 20) - 10;
    const std::string key = std::to_string(random() % 5);
    const auto dice = random() % 100;
    if (dice < 45) {
      queue->push(clock, {.time = time, .key = key, .payload = std::to_string(step)});
      model[{clock, time, key}] = std::to_string(step);
    } else if (dice < 65) {
      ASSERT_EQ(queue->erase(clock, time, key), model.erase({clock, time, key}) > 0);
    } else if (dice < 85) {
      const auto first = model.lower_bound({clock, std::numeric_limits<Micros>::min(), ""});
      const bool there = first != model.end() && std::get<0>(first->first) == clock &&
                         std::get<1>(first->first) <= time;
      const auto item = queue->pop(clock, time);
      ASSERT_EQ(item.has_value(), there) << "step " << step;
      if (there) {
        ASSERT_EQ(item->key, std::get<2>(first->first));
        ASSERT_EQ(item->payload, first->second);
        model.erase(first);
      }
    } else {
      queue->collect(Epoch(1), image_);
      MemoryImage::Entries expected;
      for (const auto& [at, payload] : model) {
        const auto& [clock_id, due, name] = at;
        expected[{queue->id(), clocks_.name(clock_id), due, name}] = payload;
      }
      ASSERT_EQ(image_.latest(), expected) << "step " << step;
      if (dice < 97) continue;
      queue = std::make_unique<TimeQueue>("q", clocks_);
      for (const auto& [at, payload] : image_.latest()) {
        const auto& [store, name, pane, own_key] = at;
        const StateKey place{.clock = name, .pane = pane, .key = own_key};
        ASSERT_TRUE(queue->restore(place, payload).has_value());
      }
    }
    ASSERT_EQ(queue->size(), model.size());
  }
}

}  // namespace
}  // namespace sitrep
