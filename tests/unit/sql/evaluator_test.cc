// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/evaluator.h"

#include <gmock/gmock.h>

#include "tests/unit/sql/sql_testing.h"

namespace sitrep::sql {
namespace {

struct Claim {
  std::string_view expression;
  std::string_view value;
};

void check(std::initializer_list<Claim> claims, const std::vector<Value>& row) {
  for (const Claim& claim : claims) {
    EXPECT_EQ(value_of(claim.expression, row), claim.value) << claim.expression;
  }
}

const std::vector<Value> kNulls(testing_schema().size());
/// 2026-01-26 15:55:00 UTC and 90 s.
const std::vector<Value> kRow = {true,        std::int64_t{7}, 2.5, std::string("Béla_1"),
                                 std::int64_t{1'769'442'900'000'000},
                                 std::int64_t{90'000'000}, std::string("k")};

TEST(Evaluator, integer_arithmetic_truncates_and_keeps_the_sign_of_the_dividend) {
  check({{"i / 2", "3"},
         {"-i / 2", "-3"},
         {"i % 2", "1"},
         {"-i % 2", "-1"},
         {"-7 / 2", "-3"},
         {"i * -3", "-21"},
         {"1 - -1", "2"},
         {"- 3 + 0", "-3"},
         {"9223372036854775807", "9223372036854775807"}},
        kRow);
}

TEST(Evaluator, what_cannot_be_computed_is_null_and_counted) {
  check({{"i / 0", "null!"}, {"i % 0", "null!"}, {"d / 0", "null!"},
         {"9223372036854775807 + i", "null!"}, {"1e308 * 10 * d", "null!"},
         {"t::bigint", "null!"}, {"1e300::bigint + i", "null!"}},
        kRow);
}

TEST(Evaluator, bigint_becomes_double_where_one_is_wanted) {
  check({{"i / 2.0", "3.5"}, {"i + d", "9.5"}, {"d > 2", "true"}, {"i = 7.0", "true"},
         {"CASE WHEN b THEN i ELSE d END", "7"}},
        kRow);
}

TEST(Evaluator, logic_has_three_values) {
  check({{"NULL AND false", "false"}, {"NULL AND true", "null"}, {"NULL OR true", "true"},
         {"NULL OR false", "null"}, {"NOT NULL", "null"}, {"b AND i > 1", "null"},
         {"b OR true", "true"}, {"b IS TRUE", "false"}, {"b IS NOT TRUE", "true"},
         {"b IS UNKNOWN", "true"}, {"b IS NOT FALSE", "true"}, {"i = NULL", "null"},
         {"i IS NULL", "true"}, {"i IS NOT NULL", "false"}},
        kNulls);
}

TEST(Evaluator, an_undecided_argument_is_found_after_a_null) {
  check({{"(i > 1) AND (1 > 2)", "false"}, {"(i > 1) OR (2 > 1)", "true"}}, kNulls);
}

TEST(Evaluator, null_is_distinct_from_values_only) {
  check({{"i IS DISTINCT FROM NULL", "false"}, {"i IS DISTINCT FROM 1", "true"},
         {"i IS NOT DISTINCT FROM NULL", "true"}},
        kNulls);
  check({{"i IS DISTINCT FROM 7", "false"}, {"t IS DISTINCT FROM 'x'", "true"}}, kRow);
}

TEST(Evaluator, in_and_between) {
  check({{"i IN (1, 7)", "true"}, {"i IN (1, 2)", "false"}, {"i IN (1, NULL)", "null"},
         {"i NOT IN (1, NULL)", "null"}, {"i IN (7, NULL)", "true"}, {"i NOT IN (1, 2)", "true"},
         {"i BETWEEN 7 AND 8", "true"}, {"i NOT BETWEEN 7 AND 8", "false"},
         {"i BETWEEN SYMMETRIC 8 AND 6", "true"}, {"i BETWEEN NULL AND 6", "false"},
         {"i BETWEEN NULL AND 8", "null"}},
        kRow);
}

TEST(Evaluator, case_takes_the_first_true_branch_and_computes_only_it) {
  check({{"CASE WHEN i = 7 THEN 'a' WHEN true THEN 'b' END", "'a'"},
         {"CASE i WHEN 1 THEN 'a' WHEN 7 THEN 'b' ELSE 'c' END", "'b'"},
         {"CASE WHEN i = 1 THEN 'a' END", "null"},
         {"CASE WHEN i = 0 THEN 0 ELSE 14 / i END", "2"}},
        kRow);
  check({{"CASE WHEN i > 1 THEN 'a' ELSE 'b' END", "'b'"},
         {"CASE WHEN i IS NULL THEN 0 ELSE 1 / 0 END", "0"}},
        kNulls);
}

TEST(Evaluator, coalesce_and_nullif) {
  check({{"COALESCE(i, 3)", "3"}, {"COALESCE(i, d)", "null"}, {"COALESCE(t, 'none')", "'none'"}},
        kNulls);
  check({{"COALESCE(i, 1 / 0)", "7"}, {"NULLIF(i, 7)", "null"}, {"NULLIF(i, 8)", "7"},
         {"NULLIF(t, '')", "'Béla_1'"}},
        kRow);
}

TEST(Evaluator, like_knows_characters_and_escapes) {
  check({{"t LIKE 'B%'", "true"}, {"t LIKE 'B_la%'", "true"}, {"t LIKE '%\\_1'", "true"},
         {"t LIKE '%!_1' ESCAPE '!'", "true"}, {"t LIKE 'b%'", "false"}, {"t ILIKE 'b%'", "true"},
         {"t NOT LIKE '%x%'", "true"}, {"t LIKE ''", "false"}, {"'' LIKE '%'", "true"},
         {"'ab' LIKE 'a%b%'", "true"}, {"'aab' LIKE '%ab'", "true"}, {"'a' LIKE 'a_'", "false"},
         {"t LIKE NULL", "null"}, {"'x' || t LIKE 'x\\'", "null!"}},
        kRow);
}

TEST(Evaluator, concatenation_writes_other_types_as_text) {
  check({{"t || i", "'Béla_17'"}, {"'a' || 'b'", "'ab'"}, {"t || NULL", "null"},
         {"i || ''", "'7'"}, {"'on: ' || b", "'on: true'"}},
        kRow);
}

TEST(Evaluator, concat_writes_a_boolean_as_a_letter) {
  check({{"concat('on: ', b, NULL, i)", "'on: t7'"}, {"concat_ws('-', NOT b, 'x')", "'f-x'"}},
        kRow);
}

TEST(Evaluator, integers_that_the_parser_puts_in_have_no_place) {
  check({{"substring(t FOR 3)", "'Bél'"}, {"substring(t FROM 2 FOR 2)", "'él'"}, {"i + 0", "7"}},
        kRow);
}

TEST(Evaluator, an_integer_may_be_negated_with_parentheses_and_comments) {
  check({{"-(7)", "-7"}, {"- ( 0 )", "0"}, {"-(-(7))", "7"}, {"- /* of (8) */ 7", "-7"},
         {"- -- of 8\n (7)", "-7"}, {"i - -7", "14"}},
        kRow);
}

TEST(Evaluator, times) {
  check({{"ts + v", "2026-01-26T15:56:30.000Z"},
         {"ts - interval '1 hour'", "2026-01-26T14:55:00.000Z"},
         {"ts - timestamp '2026-01-26 15:54:00'", "1min"},
         {"ts > '2026-01-26'", "true"},
         {"ts = '2026-01-26T16:55:00+01:00'", "true"},
         {"v * 2", "3min"}, {"2 * v", "3min"}, {"v / 4", "22500ms"}, {"v + '1 min'", "150s"},
         {"-v < interval '0s'", "true"}, {"interval '1 day 02:00' = interval '26 hours'", "true"}},
        kRow);
}

TEST(Evaluator, casts_follow_postgresql) {
  check({{"2.5::bigint", "2"}, {"3.5::bigint", "4"}, {"(-2.5)::bigint", "-2"},
         {"d::bigint", "2"}, {"' 42 '::bigint", "42"}, {"'+1e3'::double precision", "1000"},
         {"i::boolean", "true"}, {"b::int", "1"}, {"'yes'::boolean", "true"},
         {"'off'::boolean", "false"}, {"i::text || '!'", "'7!'"}, {"0.1::text", "'0.1'"},
         {"1e15::text", "'1e+15'"}, {"100000.0::text", "'100000'"}, {"1e-5::text", "'1e-05'"},
         {"ts::text", "'2026-01-26 15:55:00'"}, {"v::text", "'00:01:30'"},
         {"interval '36 hours'::text", "'1 day 12:00:00'"},
         {"interval '-1 second'::text", "'-00:00:01'"}, {"CAST(NULL AS bigint)", "null"},
         {"d::numeric", "2.5"}},
        kRow);
}

TEST(Evaluator, nan_equals_itself_and_is_above_everything) {
  check({{"'NaN'::double precision = 'NaN'::double precision", "true"},
         {"'NaN'::double precision > 'Infinity'::double precision", "true"},
         {"'NaN'::double precision < d", "false"}},
        kRow);
}

TEST(Evaluator, rows_outside_of_the_selection_are_left_alone) {
  BatchBuilder builder(testing_schema());
  for (std::int64_t i = 0; i < 4; ++i) {
    std::vector<Value> row = kRow;
    row[1] = i;
    builder.row(row);
  }
  const ColumnBatch batch = builder.finish();
  Diagnostics diagnostics;
  const InputRow columns = InputRow::of(testing_schema());
  const ExpressionPtr condition = bind_condition(
      "6 / i > 2", {.row = columns, .functions = testing_functions()}, diagnostics);
  ASSERT_NE(condition, nullptr);
  Evaluator evaluator(condition);
  Arena arena;
  const Selection some(4, {1, 3});
  const Selection chosen = evaluator.select(batch, some, arena);
  ASSERT_EQ(chosen.size(), 1U);
  EXPECT_EQ(chosen[0], 1U);
  EXPECT_EQ(evaluator.take_error_count(), 0U) << "row 0 divides by zero but is not selected";
}

TEST(Evaluator, a_result_that_is_held_is_not_overwritten) {
  Diagnostics diagnostics;
  const auto query = bind_over_s("SELECT i + 1 AS x FROM s", diagnostics);
  ASSERT_TRUE(query);
  Evaluator evaluator(query->branches[0].projections[0]);
  Arena arena;
  std::vector<Value> row = kRow;
  const ColumnBatch first = BatchBuilder(testing_schema()).row(row).finish();
  const ColumnPtr held = evaluator.evaluate(first, first.selection, arena);
  row[1] = std::int64_t{100};
  const ColumnBatch second = BatchBuilder(testing_schema()).row(row).finish();
  const ColumnPtr next = evaluator.evaluate(second, second.selection, arena);
  EXPECT_EQ(held->ints()[0], 8);
  EXPECT_EQ(next->ints()[0], 101);
}

}  // namespace
}  // namespace sitrep::sql
