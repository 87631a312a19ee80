// SPDX-License-Identifier: Apache-2.0
// Expectations from PostgreSQL 15's documentation (9.3) and its regression tests float8, int8.
#include "engine/sql/scalar_math.h"

#include <cmath>
#include <limits>

#include "tests/unit/sql_scalars/scalars_testing.h"

namespace sitrep::sql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(ScalarMath, bigint_stays_bigint) {
  expect_all({{"abs", {number(-17)}, "17"},
              {"abs", {number(kMin)}, "error"},
              {"sign", {number(-8)}, "-1"},
              {"sign", {number(0)}, "0"},
              {"mod", {number(9), number(4)}, "1"},
              {"mod", {number(-9), number(4)}, "-1"},
              {"mod", {number(9), number(0)}, "error"},
              {"mod", {number(kMin), number(-1)}, "0"},
              {"div", {number(9), number(4)}, "2"},
              {"div", {number(-9), number(4)}, "-2"},
              {"div", {number(1), number(0)}, "error"},
              {"div", {number(kMin), number(-1)}, "error"},
              {"abs", {number(kMax)}, "9223372036854775807"}});
}

TEST(ScalarMath, doubles_round_half_to_even) {
  expect_all({{"abs", {real(-17.4)}, "17.4"},
              {"sign", {real(-8.4)}, "-1"},
              {"sign", {real(kNan)}, "0"},
              {"ceil", {real(42.2)}, "43"},
              {"ceiling", {real(95.3)}, "96"},
              {"ceil", {real(-42.8)}, "-42"},
              {"floor", {real(42.8)}, "42"},
              {"floor", {real(-42.8)}, "-43"},
              {"trunc", {real(42.8)}, "42"},
              {"trunc", {real(-42.8)}, "-42"},
              {"round", {real(42.4)}, "42"},
              {"round", {real(0.5)}, "0"},
              {"round", {real(1.5)}, "2"},
              {"round", {real(2.5)}, "2"},
              {"mod", {real(5.5), real(2)}, "1.5"},
              {"mod", {real(-5.5), real(2)}, "-1.5"},
              {"mod", {real(5.5), real(0)}, "error"}});
}

TEST(ScalarMath, digits_round_half_away_from_zero) {
  expect_all({{"round", {real(42.4382), number(2)}, "42.44"},
              {"round", {real(2.5), number(0)}, "3"},
              {"round", {real(-2.5), number(0)}, "-3"},
              {"round", {real(1234.56), number(-1)}, "1230"},
              {"round", {real(1250), number(-2)}, "1300"},
              {"round", {real(49), number(-2)}, "0"},
              {"round", {real(50), number(-2)}, "100"},
              {"round", {real(-0.001), number(2)}, "0"},
              {"round", {real(kInfinity), number(2)}, to_string(Value(kInfinity), Type::kDouble)}});
}

TEST(ScalarMath, round_decimal_reads_the_decimal_text) {
  EXPECT_EQ(round_decimal(2.675, 2), 2.68);
  EXPECT_EQ(round_decimal(1.005, 2), 1.01);
  EXPECT_EQ(round_decimal(-1.005, 2), -1.01);
  EXPECT_EQ(round_decimal(0.285, 2), 0.29);
  EXPECT_EQ(round_decimal(0.1 + 0.2, 1), 0.3);
  EXPECT_EQ(round_decimal(0.995, 2), 1.0);
  EXPECT_EQ(round_decimal(999.9999995, 6), 1000.0);
  EXPECT_EQ(round_decimal(1e-7, 6), 0.0);
  EXPECT_EQ(round_decimal(5e-13, 12), 1e-12);
  EXPECT_FALSE(std::signbit(round_decimal(-0.004, 2)));
}

TEST(ScalarMath, round_decimal_leaves_what_has_no_more_digits) {
  EXPECT_EQ(round_decimal(9007199254740993.0, 2), 9007199254740993.0);
  EXPECT_EQ(round_decimal(1e300, 2), 1e300);
  EXPECT_EQ(round_decimal(0.1234567890123456, 16), 0.1234567890123456);
  EXPECT_EQ(round_decimal(1.5, kMax), 1.5);
  EXPECT_EQ(round_decimal(1.5, kMin), 0.0);
  EXPECT_TRUE(std::isnan(round_decimal(kNan, 2)));
}

TEST(ScalarMath, round_decimal_gives_the_double_nearest_to_the_decimal) {
  for (int thousandths = -20000; thousandths <= 20000; ++thousandths) {
    const int away = thousandths < 0 ? -5 : 5;
    const int hundredths = (thousandths + away) / 10;
    EXPECT_EQ(round_decimal(thousandths / 1000.0, 2), hundredths / 100.0) << thousandths;
  }
}

TEST(ScalarMath, powers_and_logarithms_refuse_what_postgresql_refuses) {
  expect_all({{"sqrt", {real(2)}, "1.4142135623730951"},
              {"sqrt", {real(-1)}, "error"},
              {"cbrt", {real(27)}, "3"},
              {"cbrt", {real(-27)}, "-3"},
              {"cbrt", {real(-0.0)}, "-0"},
              {"power", {real(9), real(3)}, "729"},
              {"pow", {real(2), real(-1)}, "0.5"},
              {"power", {real(0), real(-1)}, "error"},
              {"power", {real(-1), real(0.5)}, "error"},
              {"power", {real(-1), real(3)}, "-1"},
              {"power", {real(10), real(400)}, "error"},
              {"power", {real(10), real(-400)}, "error"},
              {"power", {real(0), real(0)}, "1"},
              {"power", {real(kNan), real(0)}, "1"},
              {"power", {real(1), real(kNan)}, "1"},
              {"power", {real(0.5), real(kInfinity)}, "0"},
              {"exp", {real(0)}, "1"},
              {"exp", {real(1000)}, "error"},
              {"exp", {real(-1000)}, "error"},
              {"exp", {real(-kInfinity)}, "0"},
              {"ln", {real(1)}, "0"},
              {"ln", {real(0)}, "error"},
              {"ln", {real(-1)}, "error"},
              {"log", {real(100)}, "2"},
              {"log10", {real(1000)}, "3"},
              {"log", {real(0)}, "error"},
              {"log", {real(2), real(64)}, "6"},
              {"log", {real(10), real(1000)}, "3"},
              {"log", {real(1), real(2)}, "error"},
              {"log", {real(-2), real(2)}, "error"}});
}

TEST(ScalarMath, angles_are_in_radians) {
  expect_all({{"pi", {}, "3.141592653589793"},
              {"degrees", {real(0.5)}, "28.64788975654116"},
              {"degrees", {real(1e308)}, "error"},
              {"radians", {real(45)}, "0.7853981633974483"},
              {"sin", {real(1)}, "0.8414709848078965"},
              {"cos", {real(0)}, "1"},
              {"tan", {real(1)}, "1.5574077246549023"},
              {"sin", {real(kInfinity)}, "error"},
              {"asin", {real(1)}, "1.5707963267948966"},
              {"asin", {real(1.1)}, "error"},
              {"acos", {real(1)}, "0"},
              {"acos", {real(-2)}, "error"},
              {"atan", {real(1)}, "0.7853981633974483"},
              {"atan2", {real(1), real(0)}, "1.5707963267948966"},
              {"sinh", {real(0)}, "0"},
              {"cosh", {real(0)}, "1"},
              {"tanh", {real(0)}, "0"},
              {"asinh", {real(0)}, "0"},
              {"acosh", {real(1)}, "0"},
              {"acosh", {real(0.5)}, "error"},
              {"atanh", {real(0)}, "0"},
              {"atanh", {real(2)}, "error"}});
}

}  // namespace
}  // namespace sitrep::sql
