// SPDX-License-Identifier: Apache-2.0
#include "engine/state/keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace sitrep {
namespace {

constexpr TaskId kTask{.stage = StageId(0x01020304), .partition = PartitionId(5)};

TEST(KeysTest, bytes_are_those_of_the_documented_layout) {
  using std::string_literals::operator""s;
  EXPECT_EQ(meta_key("job"), "\0job"s);
  EXPECT_EQ(position_key(kTask), "\1\1\2\3\4\0\0\0\5"s);
  EXPECT_EQ(entry_key(kTask, StoreId(0xff), {.clock = "C\0"s, .pane = 1, .key = "k"}),
            "\2\1\2\3\4\0\0\0\5\0\0\0\xff"
            "C\0\xff\0\0"
            "\x80\0\0\0\0\0\0\1"
            "k"s);
}

TEST(KeysTest, keys_sort_as_their_parts_do_and_come_back_whole) {
  constexpr std::uint32_t kSeed = 3;
  std::mt19937 random(kSeed);
  const std::vector<std::string> texts = {
      "", "a", "b", "ab", std::string(1, '\0'), std::string("a\0", 2), std::string("a\0b", 3),
      std::string("\0\0", 2), "\xff", "\xff\xff", std::string("\0\xff", 2), std::string("\0\1", 2)};
  const std::vector<Micros> panes = {std::numeric_limits<Micros>::min(), -1, 0, 1, 255, 256,
                                     std::numeric_limits<Micros>::max()};
  using Parts = std::tuple<std::uint32_t, std::string, Micros, std::string>;
  const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
  const auto parts = [&]() -> Parts {
    return {static_cast<std::uint32_t>(random() % 3), pick(texts), pick(panes), pick(texts)};
  };
  const auto key = [&](const Parts& from) {
    const auto& [store, clock, pane, user_key] = from;
    return entry_key(kTask, StoreId(store), {.clock = clock, .pane = pane, .key = user_key});
  };
  for (int round = 0; round < 20'000; ++round) {
    const Parts a = parts();
    const Parts b = parts();
    ASSERT_EQ(a < b, key(a) < key(b));
    const std::string bytes = key(a);
    const std::optional<EntryKey> parsed = parse_entry_key(bytes);
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(a, Parts(parsed->store.value(), parsed->clock, parsed->pane, parsed->key));
    const auto& [store, clock, pane, user_key] = a;
    const std::string prefix = pane_prefix(kTask, StoreId(store), clock, pane);
    ASSERT_EQ(parsed->pane_prefix, prefix);
    const auto& [other_store, other_clock, other_pane, other_key] = b;
    ASSERT_EQ(key(b).starts_with(prefix),
              std::tie(store, clock, pane) == std::tie(other_store, other_clock, other_pane));
    ASSERT_EQ(key(b) >= prefix && key(b) < prefix_end(prefix), key(b).starts_with(prefix));
  }
}

TEST(KeysTest, only_what_is_more_than_a_panes_prefix_is_inside_a_pane) {
  for (const std::string& clock : {std::string(), std::string("C3"), std::string("a\0b", 3),
                                   std::string("\0\0", 2)}) {
    const std::string prefix = pane_prefix(kTask, StoreId(0), clock, 0);
    for (std::size_t size = 0; size <= prefix.size(); ++size) {
      EXPECT_FALSE(is_inside_pane(prefix.substr(0, size))) << size;
    }
    EXPECT_TRUE(is_inside_pane(prefix + '\0'));
    EXPECT_TRUE(is_inside_pane(prefix + "key"));
  }
  EXPECT_FALSE(is_inside_pane(position_key(kTask)));
  EXPECT_FALSE(is_inside_pane(meta_key("a name of some length without an end")));
}

TEST(KeysTest, bytes_that_are_no_key_give_nothing) {
  const std::string bytes = entry_key(kTask, StoreId(1), {.clock = "C", .pane = 1, .key = ""});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(parse_entry_key(bytes.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(parse_position_key(bytes).has_value());
  EXPECT_EQ(parse_position_key(position_key(kTask)), kTask);
}

}  // namespace
}  // namespace sitrep
