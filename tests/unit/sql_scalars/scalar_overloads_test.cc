// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scalar_overloads.h"

#include <array>

#include "tests/unit/sql_scalars/scalars_testing.h"

namespace sitrep::sql {
namespace {

TEST(RowFunction, leaves_rows_out_of_the_selection_alone) {
  Column in(Type::kDouble);
  for (const double value : {4.0, 9.0, -1.0, -1.0, 16.0}) in.append_double(value);
  const auto function = make_scalar("sqrt", {Type::kDouble});
  ASSERT_TRUE(function.has_value());
  Column out(Type::kDouble, 5);
  for (double& value : out.doubles()) value = 77;
  const std::array<const Column*, 1> arguments = {&in};
  const Selection selection(5, {0, 2, 4});
  Arena arena;
  EXPECT_EQ((*function)->evaluate(
                {.arguments = arguments, .selection = selection, .arena = arena}, out),
            1u);
  EXPECT_EQ(std::vector<double>(out.doubles().begin(), out.doubles().end()),
            (std::vector<double>{2, 77, 77, 77, 4}));
  EXPECT_EQ(std::vector<std::uint8_t>(out.nulls().begin(), out.nulls().end()),
            (std::vector<std::uint8_t>{0, 0, 1, 0, 0}));
}

TEST(RowFunction, counts_no_error_for_a_null) {
  Column in(Type::kBigint);
  Column zero(Type::kBigint);
  for (int row = 0; row < 3; ++row) {
    in.append_int(7);
    zero.append_int(0);
  }
  const auto function = make_scalar("mod", {Type::kBigint, Type::kBigint});
  ASSERT_TRUE(function.has_value());
  Column out(Type::kBigint, 3);
  out.set_null(1);
  const std::array<const Column*, 2> arguments = {&in, &zero};
  const Selection selection(3);
  Arena arena;
  EXPECT_EQ((*function)->evaluate(
                {.arguments = arguments, .selection = selection, .arena = arena}, out),
            2u);
}

TEST(RowFunction, null_arguments_give_null) {
  expect_all({{"abs", {null(Type::kBigint)}, "null"},
              {"power", {real(2), null(Type::kDouble)}, "null"},
              {"lower", {null(Type::kText)}, "null"},
              {"replace", {text("a"), null(Type::kText), text("b")}, "null"},
              {"extract", {null(Type::kText), time("2026-01-26")}, "null"},
              {"date_trunc", {text("nonsense"), null(Type::kTimestamp)}, "null"}});
}

TEST(Overload, says_what_it_takes_and_what_it_got) {
  expect_all({{"lower", {number(1)}, "lower takes one text, not bigint"},
              {"lower", {}, "lower takes one text, but is given none"},
              {"abs", {text("a")}, "abs takes one bigint or one double, not text"},
              {"pi", {real(1)}, "pi takes no argument, not double"},
              {"left", {text("a")}, "left takes (text, bigint), not text"},
              {"substring",
               {text("a"), text("b")},
               "substring takes (text, bigint) or (text, bigint, bigint), not (text, text)"},
              {"round",
               {number(1), number(2)},
               "round takes one double or (double, bigint), not (bigint, bigint)"}});
}

TEST(Overload, is_an_invalid_config) {
  const auto function = make_scalar("lower", {Type::kBigint});
  ASSERT_FALSE(function.has_value());
  EXPECT_EQ(function.error().kind(), ErrorKind::kInvalidConfig);
}

}  // namespace
}  // namespace sitrep::sql
