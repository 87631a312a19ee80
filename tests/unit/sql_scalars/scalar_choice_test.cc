// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scalar_choice.h"

#include <limits>

#include "tests/unit/sql_scalars/scalars_testing.h"

namespace sitrep::sql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Choice, takes_any_type_and_any_number) {
  expect_all({{"greatest", {number(2), number(9), number(-4)}, "9"},
              {"least", {number(2), number(9), number(-4)}, "-4"},
              {"greatest", {number(-7)}, "-7"},
              {"least", {real(2.5), real(1.5)}, "1.5"},
              {"greatest", {text("alpha"), text("beta")}, "'beta'"},
              {"least", {text("Zebra"), text("ant")}, "'Zebra'"},
              {"greatest", {boolean(false), boolean(true)}, "true"},
              {"least", {interval("1 hour"), interval("2 min")}, "120000000 us"},
              {"greatest",
               {time("2026-01-26 15:55:00"), time("2026-01-26 15:54:00")},
               "2026-01-26T15:55:00.000Z"}});
}

TEST(Choice, nulls_are_left_out) {
  expect_all({{"greatest", {null(Type::kBigint), number(-5), null(Type::kBigint)}, "-5"},
              {"least", {null(Type::kBigint), number(5)}, "5"},
              {"least", {null(Type::kText), text("")}, "''"},
              {"greatest", {null(Type::kDouble), null(Type::kDouble)}, "null"}});
}

TEST(Choice, nan_is_the_greatest_double) {
  const std::string nan = to_string(Value(kNan), Type::kDouble);
  expect_all({{"greatest", {real(kNan), real(1)}, nan},
              {"greatest", {real(1), real(kNan)}, nan},
              {"least", {real(kNan), real(1)}, "1"},
              {"least", {real(1), real(kNan)}, "1"}});
}

TEST(Choice, different_types_are_refused) {
  expect_all(
      {{"least",
        {number(1), text("a")},
        "least takes one or more values of one type, not (bigint, text)"},
       {"greatest", {}, "greatest takes one or more values of one type, but is given none"}});
}

}  // namespace
}  // namespace sitrep::sql
