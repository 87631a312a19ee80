// SPDX-License-Identifier: Apache-2.0
#include "engine/api/numbered_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/api/packed_words.h"
#include "engine/api/raw_bytes.h"
#include "tests/unit/api/memory_image.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NumberedTimesTest : public testing::Test {
 protected:
  /// Ends an epoch: the changes, without their values.
  std::vector<std::string> collect() {
    ++epoch_;
    times_->collect(epoch_, image_);
    image_.close(epoch_);
    image_.flush(epoch_);
    std::vector<std::string> out = image_.take_changes();
    for (std::string& change : out) change = change.substr(0, change.find('='));
    return out;
  }
  void restart() {
    times_ = std::make_unique<NumberedTimes>("op/heard");
    for (const auto& [key, value] : image_.entries()) {
      ASSERT_TRUE(times_->restore(
          {.clock = "", .pane = std::get<2>(key), .key = std::get<3>(key)}, value));
    }
  }

  /// Of a saved chunk.
  static std::uint32_t count_of(std::string_view value) {
    std::uint32_t count = 0;
    EXPECT_TRUE(take_raw(value, count));
    return count;
  }

  MemoryImage image_;
  Epoch epoch_{0};
  std::unique_ptr<NumberedTimes> times_ = std::make_unique<NumberedTimes>("op/heard");
};

TEST_F(NumberedTimesTest, numbers_are_dense_and_given_out_again) {
  EXPECT_EQ(times_->add(10), 0U);
  EXPECT_EQ(times_->add(20), 1U);
  EXPECT_EQ(times_->add(30), 2U);
  times_->remove(1);
  collect();
  restart();
  EXPECT_EQ(times_->at(0), 10);
  EXPECT_EQ(times_->at(2), 30);
  EXPECT_EQ(times_->add(40), 1U);
  EXPECT_EQ(times_->add(50), 3U);
  collect();
  restart();
  EXPECT_EQ(times_->at(1), 40);
}

TEST_F(NumberedTimesTest, times_that_changed_in_an_epoch_are_saved_together) {
  for (int n = 0; n < 8; ++n) (void)times_->add(n);
  EXPECT_EQ(times_->changed_bytes(), 8U * 6);
  EXPECT_THAT(collect(), ElementsAre("put /1/"));
  EXPECT_THAT(collect(), IsEmpty());
  times_->set(3, 3);  // as it was
  EXPECT_THAT(collect(), IsEmpty());
  for (std::uint32_t n = 0; n < 6; ++n) times_->set(n, 100 + n);
  // A quarter of the first chunk holds still.
  EXPECT_THAT(collect(), ElementsAre("put /2/"));
  times_->set(6, 106);
  // Less does: the last of it is written anew.
  EXPECT_THAT(collect(), ElementsAre("remove /1/", "put /3/"));
  restart();
  for (std::uint32_t n = 0; n < 7; ++n) EXPECT_EQ(times_->at(n), 100 + n);
  EXPECT_EQ(times_->at(7), 7);
}

TEST_F(NumberedTimesTest, nothing_is_kept_when_all_numbers_are_given_back) {
  for (int n = 0; n < 3; ++n) (void)times_->add(n);
  collect();
  for (std::uint32_t n = 0; n < 3; ++n) times_->remove(n);
  EXPECT_THAT(collect(), ElementsAre("remove /1/"));
  EXPECT_THAT(collect(), IsEmpty());
  EXPECT_EQ(times_->add(7), 0U);
}

TEST_F(NumberedTimesTest, any_changes_are_there_after_any_restart) {
  std::mt19937 random(7);
  std::map<std::uint32_t, Micros> expected;
  std::size_t saved_max = 0;
  for (int epoch = 0; epoch < 500; ++epoch) {
    const auto changes = random() % 40;
    for (unsigned i = 0; i < changes; ++i) {
      const Micros time = static_cast<Micros>(random() % 1'000'000);
      if (expected.size() < 20 || random() % 8 == 0) {
        const std::uint32_t number = times_->add(time);
        ASSERT_TRUE(expected.emplace(number, time).second) << "given out twice";
        continue;
      }
      const auto at = std::next(expected.begin(), random() % expected.size());
      if (random() % 8 == 0) {
        times_->remove(at->first);
        expected.erase(at);
      } else {
        at->second = time;
        times_->set(at->first, time);
      }
    }
    collect();
    if (random() % 4 == 0) restart();
    for (const auto& [number, time] : expected) ASSERT_EQ(times_->at(number), time);
    std::size_t saved = 0;
    for (const auto& [key, value] : image_.entries()) saved += count_of(value);
    saved_max = std::max(saved_max, saved / expected.size());
  }
  // A number that is nobody's is saved too; there were never many of them.
  EXPECT_LE(saved_max, 8U);
}

TEST_F(NumberedTimesTest, many_are_saved_in_chunks) {
  for (int n = 0; n < 20'000; ++n) (void)times_->add(n);
  EXPECT_THAT(collect(), ElementsAre("put /1/", "put /2/", "put /3/"));
  restart();
  for (std::uint32_t n = 0; n < 20'000; ++n) ASSERT_EQ(times_->at(n), static_cast<Micros>(n));
}

TEST_F(NumberedTimesTest, damage_is_refused) {
  const auto error_of = [&](Micros pane, std::string_view value) {
    const Result<void> restored = times_->restore({.clock = "", .pane = pane, .key = ""}, value);
    return restored ? std::string("none") : restored.error().message();
  };
  for (const Micros time : {7 * kMicrosPerSecond, 8 * kMicrosPerSecond}) (void)times_->add(time);
  collect();
  const std::string whole = image_.entries().begin()->second;
  restart();
  EXPECT_EQ(error_of(0, whole), "saved times are damaged");  // no chunk stands there
  Micros chunk = 2;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(error_of(chunk++, whole.substr(0, size)), "saved times are damaged") << size;
  }
  EXPECT_EQ(error_of(chunk++, whole + "x"), "saved times are damaged");
  const auto with = [&](std::size_t at, char byte) {
    std::string damaged = whole;
    damaged[at] = byte;
    return damaged;
  };
  EXPECT_EQ(error_of(chunk++, with(0, 0)), "saved times are damaged");    // of no numbers
  EXPECT_EQ(error_of(chunk++, with(3, 100)), "saved times are damaged");  // of billions
  EXPECT_EQ(error_of(chunk++, with(4, 3)), "saved times are damaged");    // no such unit
  const auto of_words = [](const std::vector<std::uint64_t>& words) {
    std::string value;
    append_raw(value, static_cast<std::uint32_t>(words.size() / 2));
    append_raw(value, std::uint8_t{0});
    append_packed(words, value);
    return value;
  };
  EXPECT_EQ(error_of(chunk++, of_words({5, 1, 0, 1})), "saved times are damaged");  // twice
  EXPECT_EQ(error_of(chunk++, of_words({5, 1, ~std::uint64_t{2}, 1})), "saved times are damaged");
  EXPECT_EQ(error_of(chunk++, of_words({5, 1, 0xFFFFFFFF, 1})), "saved times are damaged");
  EXPECT_EQ(error_of(chunk++, of_words({5, 1, 1, 1})), "none");
  EXPECT_EQ(error_of(chunk++, whole), "none");
}

TEST_F(NumberedTimesTest, times_of_any_unit_come_back) {
  // The last ones wrap: further apart than a number can say.
  const std::vector<Micros> times = {0,
                                     -1,
                                     1'764'000'000'123'456,
                                     kMinWatermark + 1,
                                     std::numeric_limits<Micros>::max(),
                                     -std::numeric_limits<Micros>::max()};
  for (const Micros unit : {Micros{1}, kMicrosPerMilli, kMicrosPerSecond}) {
    times_ = std::make_unique<NumberedTimes>("op/heard");
    std::vector<Micros> expected;
    for (const Micros time : times) {
      expected.push_back(time / unit * unit);
      (void)times_->add(expected.back());
    }
    image_ = MemoryImage();
    collect();
    restart();
    for (std::uint32_t n = 0; n < expected.size(); ++n) EXPECT_EQ(times_->at(n), expected[n]);
  }
}

TEST_F(NumberedTimesTest, a_time_of_whole_milliseconds_takes_four_bytes) {
  constexpr std::uint32_t kTimes = 8'000;  // a chunk
  std::mt19937 random(7);
  for (std::uint32_t n = 0; n < kTimes; ++n) {
    (void)times_->add(1'764'000'000'000'000 + static_cast<Micros>(random() % 2'000) * 1'000);
  }
  collect();
  EXPECT_LE(image_.entries().begin()->second.size(), 4U * kTimes + 16);
}

}  // namespace
}  // namespace sitrep
