// SPDX-License-Identifier: Apache-2.0
#include "engine/api/numbered_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/api/memory_image.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NumberedKeysTest : public testing::Test {
 protected:
  NumberedKeysTest() { restart(); }

  void add(std::uint32_t number, const std::string& key, const std::string& words,
           const std::string& clock = "") {
    keys_->add(number, {.key = key, .words = words, .clock = clocks_->intern(clock)},
               hash_bytes(key));
  }
  /// Ends an epoch: the changes, without their values.
  std::vector<std::string> collect() {
    ++epoch_;
    keys_->collect(epoch_, image_);
    image_.close(epoch_);
    image_.flush(epoch_);
    std::vector<std::string> out = image_.take_changes();
    for (std::string& change : out) change = change.substr(0, change.find('='));
    return out;
  }
  void restart() {
    clocks_ = std::make_unique<ClockTable>();
    keys_ = std::make_unique<NumberedKeys>("op/keys", *clocks_);
    for (const auto& [key, value] : image_.entries()) {
      ASSERT_TRUE(keys_->restore(
          {.clock = "", .pane = std::get<2>(key), .key = std::get<3>(key)}, value));
    }
  }
  /// "clock key words" of a number.
  std::string at(std::uint32_t number) {
    const NumberedKeys::Entry entry = keys_->at(number);
    return concat(clocks_->name(entry.clock), " ", entry.key, " ", entry.words);
  }

  MemoryImage image_;
  Epoch epoch_{0};
  std::unique_ptr<ClockTable> clocks_;
  std::unique_ptr<NumberedKeys> keys_;
};

TEST_F(NumberedKeysTest, keys_are_found_under_their_numbers_and_after_a_restart) {
  add(0, "V1", "first", "C1");
  add(2, "V2", "", "");
  add(1, "", "the empty key");
  EXPECT_EQ(keys_->find("V1"), 0U);
  EXPECT_EQ(keys_->find("V2"), 2U);
  EXPECT_EQ(keys_->find(""), 1U);
  EXPECT_EQ(keys_->find("V3"), std::nullopt);
  collect();
  restart();
  EXPECT_EQ(keys_->find("V3"), std::nullopt);
  EXPECT_EQ(keys_->find("V2"), 2U);
  EXPECT_THAT(keys_->numbers(), ElementsAre(0, 1, 2));
  EXPECT_EQ(at(0), "C1 V1 first");
  EXPECT_EQ(at(1), "  the empty key");
  EXPECT_EQ(at(2), " V2 ");
}

TEST_F(NumberedKeysTest, keys_of_an_epoch_are_saved_together_and_once) {
  for (std::uint32_t n = 0; n < 8; ++n) add(n, concat("V", n), "w", "C1");
  EXPECT_GE(keys_->changed_bytes(), 8U * 21);
  EXPECT_THAT(collect(), ElementsAre("put /1/"));
  EXPECT_THAT(collect(), IsEmpty());
  EXPECT_EQ(keys_->changed_bytes(), 0U);
  keys_->move(3, clocks_->intern("C1"));  // as it was
  EXPECT_THAT(collect(), IsEmpty());
  keys_->move(3, clocks_->intern("C2"));
  keys_->remove(5);
  EXPECT_THAT(collect(), ElementsAre("put /2/"));
  restart();
  EXPECT_EQ(at(3), "C2 V3 w");
  EXPECT_EQ(keys_->find("V5"), std::nullopt);
  EXPECT_THAT(keys_->numbers(), ElementsAre(0, 1, 2, 3, 4, 6, 7));
  // Less than a quarter of the first chunk holds: it is written anew.
  for (const std::uint32_t n : {0, 1, 2, 4, 6}) keys_->remove(n);
  EXPECT_THAT(collect(), ElementsAre("remove /1/", "put /3/"));
  restart();
  EXPECT_THAT(keys_->numbers(), ElementsAre(3, 7));
  EXPECT_EQ(at(7), "C1 V7 w");
}

TEST_F(NumberedKeysTest, nothing_is_kept_when_no_key_is_known) {
  add(0, "V1", "w");
  collect();
  keys_->remove(0);
  EXPECT_THAT(collect(), ElementsAre("remove /1/"));
  EXPECT_THAT(collect(), IsEmpty());
  add(0, "V2", "w");
  EXPECT_EQ(keys_->find("V1"), std::nullopt);
  EXPECT_EQ(keys_->find("V2"), 0U);
}

TEST_F(NumberedKeysTest, any_changes_are_there_after_any_restart) {
  std::mt19937 random(11);
  struct Known {
    std::uint32_t number;
    std::string line;
  };
  std::map<std::string, Known> expected;
  std::map<std::uint32_t, std::string> taken;
  for (int epoch = 0; epoch < 400; ++epoch) {
    for (auto changes = random() % 40; changes > 0; --changes) {
      const std::string key = concat("vehicle", random() % 300);
      const std::string clock = concat("C", random() % 3);
      const auto known = expected.find(key);
      if (known == expected.end()) {
        std::uint32_t number = 0;
        while (taken.contains(number)) ++number;
        taken[number] = key;
        const std::string words(random() % 50, 'w');
        add(number, key, words, clock);
        expected[key] = {.number = number, .line = concat(clock, " ", key, " ", words)};
      } else if (random() % 2 == 0) {
        keys_->remove(known->second.number);
        taken.erase(known->second.number);
        expected.erase(known);
      } else {
        keys_->move(known->second.number, clocks_->intern(clock));
        std::string& line = known->second.line;
        line = clock + line.substr(line.find(' '));
      }
    }
    collect();
    if (random() % 4 == 0) restart();
    for (int n = 0; n < 300; ++n) {
      const std::string key = concat("vehicle", n);
      const auto known = expected.find(key);
      const auto found = keys_->find(key);
      ASSERT_EQ(found.has_value(), known != expected.end()) << key;
      if (!found) continue;
      ASSERT_EQ(*found, known->second.number);
      ASSERT_EQ(at(*found), known->second.line);
    }
    std::vector<std::uint32_t> numbers;
    for (const auto& [number, key] : taken) numbers.push_back(number);
    ASSERT_EQ(keys_->numbers(), numbers);
  }
}

TEST_F(NumberedKeysTest, many_are_saved_in_chunks_of_some_bytes) {
  for (std::uint32_t n = 0; n < 3000; ++n) add(n, concat("V", n), std::string(100, 'w'));
  EXPECT_THAT(collect(), ElementsAre("put /1/", "put /2/", "put /3/"));
  restart();
  for (std::uint32_t n = 0; n < 3000; ++n) ASSERT_EQ(keys_->find(concat("V", n)), n);
}

TEST_F(NumberedKeysTest, memory_is_counted_and_given_back) {
  const std::size_t empty = keys_->memory_bytes();
  for (std::uint32_t n = 0; n < 1000; ++n) add(n, concat("V", n), std::string(100, 'w'));
  const std::size_t full = keys_->memory_bytes();
  EXPECT_GT(full, empty + 1000 * 110);
  EXPECT_LT(full, empty + 1000 * 220);
  for (std::uint32_t n = 0; n < 1000; ++n) keys_->remove(n);
  EXPECT_LT(keys_->memory_bytes(), full - 1000 * 100);
}

TEST_F(NumberedKeysTest, damage_is_refused) {
  add(0, "V1", "words", "C1");
  collect();
  const std::string whole = image_.entries().begin()->second;
  const auto error_of = [&](Micros pane, std::string_view value) {
    keys_ = std::make_unique<NumberedKeys>("op/keys", *clocks_);
    const Result<void> restored = keys_->restore({.clock = "", .pane = pane, .key = ""}, value);
    return restored ? std::string("none") : restored.error().message();
  };
  EXPECT_EQ(error_of(1, whole), "none");
  EXPECT_EQ(error_of(0, whole), "saved keys are damaged");
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_EQ(error_of(1, whole.substr(0, bytes)), "saved keys are damaged") << bytes;
  }
  std::string other = whole;
  other[4] = 2;
  EXPECT_EQ(error_of(1, other), "saved keys are damaged");
}

}  // namespace
}  // namespace sitrep
