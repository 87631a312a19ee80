// SPDX-License-Identifier: Apache-2.0
#include "engine/api/packed_words.h"

#include <gmock/gmock.h>

#include <limits>
#include <random>
#include <vector>

namespace sitrep {
namespace {

using Words = std::vector<std::uint64_t>;

std::string packed(const Words& words) {
  std::string out;
  append_packed(words, out);
  return out;
}

TEST(packed_words, low_bytes_of_each_stand_behind_their_numbers) {
  EXPECT_EQ(packed({}), "");
  EXPECT_EQ(packed({0}), std::string(1, '\0'));
  EXPECT_EQ(packed({0, 0x41}), "\x10" "A");
  EXPECT_EQ(packed({0x4241, 0, 0x43}), std::string("\x02\x01" "ABC", 5));
  EXPECT_EQ(packed({0x4847464544434241}), "\x08" "ABCDEFGH");
}

TEST(packed_words, come_back_as_they_were) {
  std::mt19937_64 random(7);
  for (std::size_t count = 0; count < 100; ++count) {
    Words words;
    for (std::size_t i = 0; i < count; ++i) {
      words.push_back(random() >> random() % 64);
    }
    std::string bytes = packed(words) + "rest";
    std::string_view in = bytes;
    Words back(count, 1);
    ASSERT_TRUE(take_packed(in, back));
    EXPECT_EQ(back, words);
    EXPECT_EQ(in, "rest");
  }
}

TEST(packed_words, that_are_cut_or_too_long_are_refused) {
  const std::string good = packed({300, 0, 7, std::numeric_limits<std::uint64_t>::max()});
  Words back(4);
  for (std::size_t size = 0; size < good.size(); ++size) {
    std::string_view in = std::string_view(good).substr(0, size);
    EXPECT_FALSE(take_packed(in, back)) << size << " bytes";
  }
  std::string_view nine_bytes = "\x09" "123456789";
  EXPECT_FALSE(take_packed(nine_bytes, std::span(back).first(1)));
}

TEST(packed_words, bytes_of_any_length_come_back) {
  std::mt19937 random(8);
  for (std::size_t size = 0; size < 600; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) {
      bytes += static_cast<char>(random() % 3 == 0 ? random() : 0);
    }
    std::string out = "before" + bytes;
    pack_tail(out, 6);
    ASSERT_EQ(out.substr(0, 6), "before");
    const std::string form = out.substr(6);
    std::string back;
    ASSERT_TRUE(unpack(form, back)) << size << " bytes";
    EXPECT_EQ(back, bytes);
    EXPECT_FALSE(unpack(form + "x", back));
    EXPECT_FALSE(unpack(std::string_view(form).substr(0, form.size() - 1), back));
  }
}

TEST(packed_words, size_that_cannot_be_takes_no_memory) {
  std::string form = packed({std::uint64_t{1} << 60});
  std::string back;
  EXPECT_FALSE(unpack(form + std::string(100, '\0'), back));
}

TEST(packed_words, numbers_near_zero_are_small) {
  EXPECT_EQ(fold_sign(0), 0U);
  EXPECT_EQ(fold_sign(-1), 1U);
  EXPECT_EQ(fold_sign(1), 2U);
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{77}, std::int64_t{-300},
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(unfold_sign(fold_sign(value)), value);
  }
}

}  // namespace
}  // namespace sitrep
