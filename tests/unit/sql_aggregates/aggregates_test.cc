// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/aggregates.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/unit/sql_aggregates/aggregates_testing.h"

namespace sitrep::sql {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

std::int64_t whole(std::int64_t value) { return value; }

std::string over(std::string name, Type type, std::initializer_list<Value> values) {
  return aggregate({std::move(name), {type}}, rows_of(values));
}
std::string over_distinct(std::string name, Type type, std::initializer_list<Value> values) {
  return aggregate({std::move(name), {type}, true}, rows_of(values));
}

double real_of(std::string name, Type type, const std::vector<Row>& rows) {
  Accumulator accumulator({std::move(name), {type}});
  accumulator.add(rows);
  return std::get<double>(accumulator.result());
}

TEST(Aggregates, over_no_rows_are_null_but_count) {
  for (const std::string name : {"sum", "avg", "min", "max", "stddev", "var_pop", "first"}) {
    EXPECT_EQ(over(name, Type::kDouble, {}), "null") << name;
    EXPECT_EQ(over(name, Type::kDouble, {Null{}, Null{}}), "null") << name;
  }
  EXPECT_EQ(over("bool_and", Type::kBoolean, {Null{}}), "null");
  EXPECT_EQ(over("bool_or", Type::kBoolean, {Null{}}), "null");
  EXPECT_EQ(over("count", Type::kDouble, {Null{}}), "0");
  EXPECT_EQ(over_distinct("count", Type::kText, {Null{}}), "0");
  EXPECT_EQ(over_distinct("sum", Type::kBigint, {Null{}}), "null");
  EXPECT_EQ(over_distinct("avg", Type::kInterval, {Null{}}), "null");
}

TEST(Aggregates, bigint_sum_out_of_range_is_null) {
  EXPECT_EQ(over("sum", Type::kBigint, {kMax, whole(1)}), "null");
  EXPECT_EQ(over("sum", Type::kBigint, {kMin, whole(-1)}), "null");
  EXPECT_EQ(over_distinct("sum", Type::kBigint, {kMax, whole(1)}), "null");
}

TEST(Aggregates, bigint_sum_may_leave_the_range_on_the_way) {
  EXPECT_EQ(over("sum", Type::kBigint, {kMax, kMax, kMin, kMin, whole(3)}), "1");
  EXPECT_EQ(over("sum", Type::kBigint, {kMax, whole(1), whole(-1)}),
            to_string(kMax, Type::kBigint));
}

TEST(Aggregates, bigint_avg_does_not_lose_the_last_digits_of_the_sum) {
  EXPECT_EQ(over("avg", Type::kBigint, {kMax, kMin, whole(4)}), "1");
  EXPECT_EQ(over("avg", Type::kBigint, {kMax, kMax}),
            to_string(9223372036854775807.0, Type::kDouble));
}

TEST(Aggregates, double_sum_keeps_what_is_small_beside_what_is_large) {
  EXPECT_EQ(over("sum", Type::kDouble, {1.0, 1e100, 1.0, -1e100}), "2");
  std::vector<Row> tenths(100'000, Row{.cells = {0.1}});
  EXPECT_EQ(real_of("sum", Type::kDouble, tenths), 10'000.0);
  EXPECT_EQ(real_of("avg", Type::kDouble, tenths), 0.1);
}

TEST(Aggregates, infinities_and_nan_come_through_a_double_sum) {
  EXPECT_EQ(real_of("sum", Type::kDouble, rows_of({1.0, kInfinity, 2.0})), kInfinity);
  EXPECT_EQ(real_of("sum", Type::kDouble, rows_of({-kInfinity, 2.0, -kInfinity})), -kInfinity);
  EXPECT_EQ(real_of("avg", Type::kDouble, rows_of({kInfinity, 2.0})), kInfinity);
  EXPECT_TRUE(std::isnan(real_of("sum", Type::kDouble, rows_of({kInfinity, -kInfinity}))));
  EXPECT_TRUE(std::isnan(real_of("avg", Type::kDouble, rows_of({1.0, kNaN, 2.0}))));
}

TEST(Aggregates, interval_avg_rounds_half_away_from_zero) {
  EXPECT_EQ(aggregate({"avg", {Type::kInterval}}, rows_of({whole(1), whole(2)})),
            to_string(whole(2), Type::kInterval));
  EXPECT_EQ(aggregate({"avg", {Type::kInterval}}, rows_of({whole(-1), whole(-2)})),
            to_string(whole(-2), Type::kInterval));
}

TEST(Aggregates, distinct_takes_each_value_once) {
  EXPECT_EQ(over_distinct("sum", Type::kBigint, {whole(5), whole(5), whole(-2)}), "3");
  EXPECT_EQ(over_distinct("avg", Type::kDouble, {1.0, 1.0, 1.0, 2.0}), "1.5");
  EXPECT_EQ(over_distinct("sum", Type::kInterval, {whole(5), whole(5), whole(-2)}),
            to_string(whole(3), Type::kInterval));
  EXPECT_EQ(over_distinct("avg", Type::kInterval, {whole(5), whole(5), whole(1)}),
            to_string(whole(3), Type::kInterval));
  EXPECT_EQ(over_distinct("count", Type::kText, {std::string("a"), std::string(), Null{},
                                                 std::string("a")}), "2");
}

TEST(Aggregates, distinct_zeros_are_one_and_so_are_distinct_nans) {
  EXPECT_EQ(over_distinct("count", Type::kDouble, {0.0, -0.0, kNaN, -kNaN}), "2");
}

TEST(Aggregates, nan_is_above_every_number) {
  EXPECT_EQ(over("min", Type::kDouble, {kNaN, kInfinity, -kInfinity}),
            to_string(-kInfinity, Type::kDouble));
  EXPECT_TRUE(std::isnan(real_of("max", Type::kDouble, rows_of({1.0, kNaN, kInfinity}))));
  EXPECT_TRUE(std::isnan(real_of("min", Type::kDouble, rows_of({kNaN, kNaN}))));
}

TEST(Aggregates, texts_compare_by_their_bytes_and_are_copied) {
  EXPECT_EQ(over("max", Type::kText, {std::string("Z"), std::string("ä"), std::string("z")}),
            "'ä'");
  Accumulator lowest({"min", {Type::kText}});
  std::vector<Row> rows = rows_of({std::string(50, 'b')});
  lowest.add(rows);
  rows[0].cells[0] = std::string(50, 'x');
  EXPECT_EQ(lowest.result(), Value(std::string(50, 'b')));
}

TEST(Aggregates, deviation_of_a_constant_is_exactly_zero) {
  for (const double constant : {32.0, 0.1, -1e300, 1e9 + 1.0 / 3}) {
    const std::vector<Row> rows(9, Row{.cells = {constant}});
    for (const std::string name : {"stddev", "stddev_pop", "variance", "var_pop"}) {
      EXPECT_EQ(aggregate({name, {Type::kDouble}}, rows), "0") << name << " of " << constant;
    }
  }
}

TEST(Aggregates, deviation_of_large_numbers_that_differ_little_is_stable) {
  std::vector<Row> rows;
  for (int i = 0; i < 30'000; ++i) rows.push_back({.cells = {1e9 + i % 3}});
  // A double near 1e9 has steps of 1.2e-7, and so has the running mean.
  EXPECT_NEAR(real_of("var_pop", Type::kDouble, rows), 2.0 / 3, 1e-7);
}

TEST(Aggregates, sample_deviation_of_one_row_is_null) {
  for (const std::string name : {"stddev", "stddev_samp", "variance", "var_samp"}) {
    EXPECT_EQ(over(name, Type::kBigint, {whole(7), Null{}}), "null") << name;
  }
  EXPECT_EQ(over("var_pop", Type::kBigint, {whole(7)}), "0");
}

std::vector<Row> timed(std::initializer_list<std::pair<Micros, const char*>> values) {
  std::vector<Row> rows;
  for (const auto& [time, value] : values) {
    rows.push_back({.cells = {std::string(value)}, .time = time});
  }
  return rows;
}

TEST(Aggregates, first_and_last_go_by_event_time_and_ties_keep_the_row_that_came_first) {
  const auto rows = timed({{5, "e"}, {9, "late1"}, {2, "early1"}, {2, "early2"}, {9, "late2"}});
  EXPECT_EQ(aggregate({"first", {Type::kText}}, rows), "'early1'");
  EXPECT_EQ(aggregate({"last", {Type::kText}}, rows), "'late1'");
}

TEST(Aggregates, arg_min_and_arg_max_keep_the_row_that_came_first_of_equal_ones) {
  std::vector<Row> rows;
  for (const auto& [name, y] : std::initializer_list<std::pair<const char*, Value>>{
           {"a", 3.0}, {"b", 7.0}, {"null", Null{}}, {"c", 7.0}, {"d", 3.0}, {"e", 5.0}}) {
    rows.push_back({.cells = {std::string(name), y}});
  }
  rows.push_back({.cells = {Null{}, 100.0}});
  EXPECT_EQ(aggregate({"arg_min", {Type::kText, Type::kDouble}}, rows), "'a'");
  EXPECT_EQ(aggregate({"arg_max", {Type::kText, Type::kDouble}}, rows), "'b'");
}

TEST(Aggregates, bool_and_and_bool_or_skip_nulls) {
  EXPECT_EQ(over("bool_and", Type::kBoolean, {true, Null{}}), "true");
  EXPECT_EQ(over("every", Type::kBoolean, {true, false}), "false");
  EXPECT_EQ(over("bool_or", Type::kBoolean, {Null{}, false}), "false");
  EXPECT_EQ(over("bool_or", Type::kBoolean, {true, false}), "true");
}

TEST(Aggregates, percentile_lies_between_two_values_as_in_percentile_cont) {
  std::vector<Row> rows;
  for (const std::int64_t value : {10, 20}) rows.push_back({.cells = {value, 0.25}});
  Accumulator quarter({"approx_percentile", {Type::kBigint, Type::kDouble}, false, {Null{}, 0.25}});
  quarter.add(rows);
  EXPECT_EQ(quarter.result(), Value(12.5));
}

TEST(Aggregates, memory_behind_an_accumulator_is_told) {
  Accumulator set({"count", {Type::kBigint}, true});
  EXPECT_EQ(set.heap_bytes(), 0U);
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 1000; ++i) rows.push_back({.cells = {i}});
  set.add(rows);
  EXPECT_GE(set.heap_bytes(), 1000U * 16);
  Accumulator text({"max", {Type::kText}});
  text.add(rows_of({std::string(500, 'x')}));
  EXPECT_GE(text.heap_bytes(), 500U);
  Accumulator sum({"sum", {Type::kBigint}});
  sum.add(rows);
  EXPECT_EQ(sum.heap_bytes(), 0U);
}

Type result_type(const Call& call) { return Accumulator(call).function().result_type(); }

TEST(Aggregates, result_types_follow_the_arguments) {
  EXPECT_EQ(result_type({"count", {}}), Type::kBigint);
  EXPECT_EQ(result_type({"sum", {Type::kBigint}}), Type::kBigint);
  EXPECT_EQ(result_type({"sum", {Type::kInterval}}), Type::kInterval);
  EXPECT_EQ(result_type({"avg", {Type::kBigint}}), Type::kDouble);
  EXPECT_EQ(result_type({"avg", {Type::kInterval}, true}), Type::kInterval);
  EXPECT_EQ(result_type({"max", {Type::kTimestamp}}), Type::kTimestamp);
  EXPECT_EQ(result_type({"stddev", {Type::kBigint}}), Type::kDouble);
  EXPECT_EQ(result_type({"arg_max", {Type::kText, Type::kBigint}}), Type::kText);
}

void expect_refused(const Call& call, const std::string& takes) {
  const auto made = make_aggregate(call);
  ASSERT_FALSE(made) << call.text();
  EXPECT_EQ(made.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(made.error().message(), HasSubstr(concat(call.name, " takes ", takes)));
  EXPECT_THAT(made.error().message(), HasSubstr(call.text()));
}

TEST(Aggregates, wrong_calls_are_told_what_is_taken) {
  const std::string number = "one bigint, double or interval";
  expect_refused({"avg", {Type::kText}}, number);
  expect_refused({"sum", {Type::kTimestamp}, true}, number);
  expect_refused({"sum", {}}, number);
  expect_refused({"sum", {Type::kBigint, Type::kBigint}}, number);
  expect_refused({"count", {Type::kBigint, Type::kBigint}}, "* or one value");
  expect_refused({"min", {Type::kBoolean}}, "one value that is not boolean");
  expect_refused({"stddev", {Type::kInterval}}, "one bigint or double");
  expect_refused({"bool_or", {Type::kBigint}}, "one boolean");
  expect_refused({"arg_min", {Type::kBigint}}, "a value and what orders the rows");
}

TEST(Aggregates, distinct_is_refused_where_it_would_mean_something_else) {
  expect_refused({"stddev", {Type::kDouble}, true}, "one bigint or double, without DISTINCT");
  expect_refused({"first", {Type::kText}, true}, "one value, without DISTINCT");
  expect_refused({"arg_max", {Type::kText, Type::kText}, true},
                 "a value and what orders the rows, without DISTINCT");
  expect_refused({"approx_percentile", {Type::kDouble, Type::kDouble}, true, {Null{}, 0.5}},
                 "a bigint or double and a constant fraction from 0 to 1, without DISTINCT");
}

TEST(Aggregates, percentile_fraction_is_a_constant_from_0_to_1) {
  const std::vector<Type> types = {Type::kDouble, Type::kDouble};
  const std::string takes = "a bigint or double and a constant fraction from 0 to 1";
  for (const Value& fraction : {Value(Null{}), Value(-0.1), Value(1.5), Value(kNaN), Value(true)}) {
    expect_refused({"approx_percentile", types, false, {Null{}, fraction}}, takes);
  }
  EXPECT_TRUE(make_aggregate({"approx_percentile", {Type::kBigint, Type::kBigint}, false,
                              {Null{}, whole(1)}}));
}

}  // namespace
}  // namespace sitrep::sql
