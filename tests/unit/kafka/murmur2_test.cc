// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/murmur2.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

namespace sitrep {
namespace {

// The vectors of Kafka's own UtilsTest.
TEST(Murmur2, agrees_with_kafkas_java_client) {
  const std::vector<std::pair<std::string_view, std::int32_t>> vectors = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (const auto& [text, hash] : vectors) EXPECT_EQ(murmur2(text), hash) << text;
}

TEST(Murmur2, an_empty_key_has_a_hash) { EXPECT_EQ(murmur2(""), 275646681); }

TEST(Murmur2, bytes_above_127_count_as_java_counts_them) {
  // Negative bytes are masked in Java; the tail and the block must both do so.
  EXPECT_NE(murmur2("\xff"), murmur2("\x7f"));
  EXPECT_EQ(partition_of_key("\xff\xfe\xfd\xfc\xfb", 1), PartitionId(0));
}

TEST(Murmur2, a_negative_hash_loses_its_sign_instead_of_being_negated) {
  EXPECT_EQ(partition_of_key("21", 10), PartitionId((-973932308 & 0x7fffffff) % 10));
  EXPECT_EQ(partition_of_key("abc", 7), PartitionId(479470107 % 7));
}

}  // namespace
}  // namespace sitrep
