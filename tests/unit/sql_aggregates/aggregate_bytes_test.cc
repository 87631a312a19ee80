// SPDX-License-Identifier: Apache-2.0
// The saved bytes of accumulators: what they are, and that wrong ones are refused or harmless.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/sql_aggregates/aggregates_testing.h"

namespace sitrep::sql {
namespace {

std::string bytes(std::initializer_list<std::uint64_t> words) {
  std::string out;
  for (std::uint64_t word : words) {
    for (int i = 0; i < 8; ++i, word >>= 8) out += static_cast<char>(word & 0xff);
  }
  return out;
}

std::string saved(const Call& call, const std::vector<Row>& rows) {
  Accumulator accumulator(call);
  accumulator.add(rows);
  return accumulator.saved();
}

std::vector<Row> numbers() { return rows_of({std::int64_t{5}, std::int64_t{-7}, std::int64_t{5}}); }
std::vector<Row> reals() { return rows_of({2.0, 0.5, 2.0}); }
std::vector<Row> texts() { return rows_of({std::string("b"), std::string("ac")}); }

TEST(AggregateBytes, numbers_are_words) {
  EXPECT_EQ(saved({"count", {Type::kBigint}}, numbers()), bytes({3}));
  EXPECT_EQ(saved({"sum", {Type::kBigint}}, numbers()), bytes({3, 0, 3}));
  EXPECT_EQ(saved({"sum", {Type::kBigint}}, rows_of({std::int64_t{-1}})),
            bytes({~0ULL, ~0ULL, 1}));
  EXPECT_EQ(saved({"avg", {Type::kDouble}}, reals()), bytes({0x4012000000000000, 0, 3}));
  EXPECT_EQ(saved({"min", {Type::kBigint}}, numbers()), bytes({~0ULL - 6, 1}));
  EXPECT_EQ(saved({"var_pop", {Type::kDouble}}, rows_of({2.0, 2.0})),
            bytes({2, 0x4000000000000000, 0}));
  EXPECT_EQ(saved({"bool_or", {Type::kBoolean}}, rows_of({true, false, true})), bytes({2, 1}));
}

TEST(AggregateBytes, texts_have_their_length_before_them) {
  const std::string ac("\2\0\0\0ac", 6);
  const std::string b("\1\0\0\0b", 5);
  EXPECT_EQ(saved({"min", {Type::kText}}, texts()), bytes({1}) + ac);
  EXPECT_EQ(saved({"min", {Type::kText}}, {}), bytes({0}));
  EXPECT_EQ(saved({"count", {Type::kText}, true}, texts()), bytes({2}) + ac + b);
  EXPECT_EQ(saved({"first", {Type::kText}}, texts()), bytes({1, 0}) + b);
}

TEST(AggregateBytes, sets_are_ascending) {
  EXPECT_EQ(saved({"count", {Type::kBigint}, true}, numbers()), bytes({2, 5, ~0ULL - 6}));
  EXPECT_EQ(saved({"sum", {Type::kDouble}, true}, reals()),
            bytes({2, 0x3fe0000000000000, 0x4000000000000000}));
}

TEST(AggregateBytes, sketches_are_their_counts_and_buckets) {
  const Call call{"approx_percentile", {Type::kDouble, Type::kDouble}, false, {Null{}, 0.5}};
  const std::vector<Row> rows = {{.cells = {1.0, 0.5}}, {.cells = {0.0, 0.5}}};
  EXPECT_EQ(saved(call, rows), bytes({2, 0, 1, 0, 0x3ff0000000000000, 1, 0, 1, 0}));
}

struct Filled {
  Call call;
  std::vector<Row> rows;
};

std::vector<Filled> every_form() {
  const Value fraction = 0.5;
  std::vector<Row> pairs;
  std::vector<Row> points;
  for (int i = 0; i < 9; ++i) {
    pairs.push_back({.cells = {std::string(1, static_cast<char>('a' + i)), i % 2 == 0}, .time = i});
    points.push_back({.cells = {i * 1.5 - 4, fraction}});
  }
  return {{{"count", {Type::kBigint}}, numbers()},
          {{"sum", {Type::kBigint}}, numbers()},
          {{"avg", {Type::kBigint}}, numbers()},
          {{"avg", {Type::kInterval}}, numbers()},
          {{"avg", {Type::kDouble}}, reals()},
          {{"max", {Type::kDouble}}, reals()},
          {{"max", {Type::kText}}, texts()},
          {{"stddev", {Type::kDouble}}, reals()},
          {{"bool_and", {Type::kBoolean}}, rows_of({true, false})},
          {{"count", {Type::kBigint}, true}, numbers()},
          {{"sum", {Type::kBigint}, true}, numbers()},
          {{"avg", {Type::kInterval}, true}, numbers()},
          {{"sum", {Type::kDouble}, true}, reals()},
          {{"count", {Type::kText}, true}, texts()},
          {{"first", {Type::kText}}, texts()},
          {{"arg_min", {Type::kText, Type::kBoolean}}, pairs},
          {{"approx_percentile", {Type::kDouble, Type::kDouble}, false, {Null{}, fraction}},
           points}};
}

/// Loads bytes that may be wrong; what is taken must work, what is refused must leave no trace.
/// Says whether it was taken.
bool try_load(const Filled& filled, std::string_view in) {
  Accumulator accumulator(filled.call);
  const std::string empty = accumulator.saved();
  const auto loaded = accumulator.load(in);
  if (!loaded) {
    EXPECT_EQ(loaded.error().kind(), ErrorKind::kCorrupt) << filled.call.text();
    EXPECT_EQ(accumulator.saved(), empty) << filled.call.text();
  }
  accumulator.add(filled.rows);
  Accumulator other(filled.call);
  other.add(filled.rows);
  other.merge(accumulator);
  accumulator.merge(other);
  static_cast<void>(accumulator.result());
  static_cast<void>(accumulator.heap_bytes());
  static_cast<void>(accumulator.saved());
  return loaded.has_value();
}

TEST(AggregateBytes, cut_off_bytes_are_corrupt) {
  for (const Filled& filled : every_form()) {
    const std::string whole = saved(filled.call, filled.rows);
    EXPECT_TRUE(try_load(filled, whole)) << filled.call.text();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(try_load(filled, std::string_view(whole).substr(0, size)))
          << filled.call.text() << " cut to " << size;
    }
  }
}

TEST(AggregateBytes, mutated_bytes_are_refused_or_harmless) {
  std::mt19937_64 random(20260301);
  for (const Filled& filled : every_form()) {
    const std::string whole = saved(filled.call, filled.rows);
    for (int round = 0; round < 1500; ++round) {
      std::string mutated = whole;
      for (std::uint64_t i = 0; i <= random() % 3; ++i) {
        mutated[random() % mutated.size()] = static_cast<char>(random() % 3 == 0 ? 0xff : random());
      }
      try_load(filled, mutated);
    }
  }
}

TEST(AggregateBytes, impossible_numbers_are_corrupt) {
  const auto refused = [](const Call& call, const std::string& wrong) {
    EXPECT_FALSE(try_load({call, {}}, wrong)) << call.text();
  };
  refused({"count", {Type::kBigint}}, bytes({~0ULL}));
  refused({"avg", {Type::kInterval}}, bytes({0, 1ULL << 63, 1}));
  refused({"sum", {Type::kDouble}}, bytes({0, 0, ~0ULL}));
  refused({"min", {Type::kBigint}}, bytes({7, 2}));
  refused({"max", {Type::kText}}, bytes({2}));
  refused({"bool_and", {Type::kBoolean}}, bytes({1, ~0ULL}));
  refused({"stddev", {Type::kDouble}}, bytes({2, 0, 0xbff0000000000000}));
  refused({"count", {Type::kBigint}, true}, bytes({~0ULL, 5}));
  refused({"count", {Type::kBigint}, true}, bytes({2, 5, 5}));
  refused({"count", {Type::kBigint}, true}, bytes({2, 6, 5}));
  refused({"arg_min", {Type::kBigint, Type::kBoolean}}, bytes({1, 2, 5}));
  const Call percentile{"approx_percentile", {Type::kDouble, Type::kDouble}, false, {Null{}, 0.5}};
  refused(percentile, bytes({3, 0, 1, 0, 0x3ff0000000000000, 1, 0, 1, 0}));
  refused(percentile, bytes({3, 0, 1, 0, 0x3ff0000000000000, 2, 0, 1, 0, 1, 0}));
}

}  // namespace
}  // namespace sitrep::sql
