// SPDX-License-Identifier: Apache-2.0
#include "engine/base/text.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace sitrep {
namespace {

TEST(Concat, writes_each_type_as_a_person_would) {
  EXPECT_EQ(concat("partition ", 3, " of ", std::string("t"), ' ', true, " ", -7LL),
            "partition 3 of t true -7");
  EXPECT_EQ(concat(0.1, " ", 1e300, " ", 5e-324, " ", -0.0, " ", 100.0),
            "0.1 1e+300 5e-324 -0 100");
  EXPECT_EQ(concat(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(concat(), "");
}

TEST(Join, puts_the_separator_between) {
  EXPECT_EQ(join(std::vector<std::string>{"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join(std::vector<std::string>{"a"}, ", "), "a");
  EXPECT_EQ(join(std::vector<std::string>{}, ", "), "");
}

TEST(NearestName, is_near_enough_or_nothing) {
  const std::vector<std::string> known = {"vehicle", "speed", "coolant_c", "ts"};
  EXPECT_EQ(nearest_name("vehcile", known), "vehicle");
  EXPECT_EQ(nearest_name("sped", known), "speed");
  EXPECT_EQ(nearest_name("coolant", known), "coolant_c");
  EXPECT_EQ(nearest_name("st", known), "ts");
  EXPECT_EQ(nearest_name("latitude", known), std::nullopt);
  EXPECT_EQ(nearest_name("speed", {}), std::nullopt);
}

}  // namespace
}  // namespace sitrep
