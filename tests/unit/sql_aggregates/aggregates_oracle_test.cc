// SPDX-License-Identifier: Apache-2.0
// Every aggregate of every type against a naive one over random rows, by every way they may come.
#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <random>
#include <set>

#include "tests/unit/sql_aggregates/aggregates_testing.h"

namespace sitrep::sql {
namespace {

constexpr Type kAllTypes[] = {Type::kBoolean, Type::kBigint,    Type::kDouble,
                              Type::kText,    Type::kTimestamp, Type::kInterval};

using Random = std::mt19937_64;
using Oracle = std::function<Value(const std::vector<Row>&)>;

struct Checked {
  Call call;
  Oracle oracle;
  /// Of the result's magnitude; 0 compares exactly.
  double tolerance = 0;
};

std::uint64_t below(Random& random, std::uint64_t bound) { return random() % bound; }

/// Few different values, so that there are ties; some of them extreme.
Value random_cell(Random& random, Type type) {
  if (below(random, 5) == 0) return Null{};
  const auto small = static_cast<std::int64_t>(below(random, 21)) - 10;
  switch (type) {
    case Type::kBoolean: return below(random, 3) != 0;
    case Type::kDouble: return below(random, 2) == 0 ? static_cast<double>(small) * 0.1
                                                     : std::ldexp(1.1, static_cast<int>(small));
    case Type::kText: return std::string(below(random, 40), static_cast<char>('a' + small + 10));
    case Type::kInterval: return small * kMicrosPerSecond;
    case Type::kTimestamp: return 1'700'000'000'000'000 + small;
    case Type::kBigint: break;
  }
  return below(random, 9) == 0 ? small * 1'000'000'007'000'000 : small;
}

std::vector<Row> random_rows(Random& random, const std::vector<Type>& types) {
  std::vector<Row> rows(below(random, 4) == 0 ? below(random, 4) : below(random, 90));
  for (Row& row : rows) {
    for (const Type type : types) row.cells.push_back(random_cell(random, type));
    row.time = static_cast<Micros>(below(random, 9)) - 4;
  }
  return rows;
}

std::vector<Value> known(const std::vector<Row>& rows) {
  std::vector<Value> out;
  for (const Row& row : rows) {
    if (!is_null(row.cells[0])) out.push_back(row.cells[0]);
  }
  return out;
}

long double real(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return static_cast<long double>(std::get<std::int64_t>(value));
}

long double total(const std::vector<Value>& values) {
  long double sum = 0;
  for (const Value& value : values) sum += real(value);
  return sum;
}

/// Orders values of one type; none is null.
struct Before {
  bool operator()(const Value& a, const Value& b) const {
    if (const auto* text = std::get_if<std::string>(&a)) return *text < std::get<std::string>(b);
    if (const auto* flag = std::get_if<bool>(&a)) return *flag < std::get<bool>(b);
    return real(a) < real(b);
  }
};

std::vector<Value> once_each(const std::vector<Value>& values) {
  const std::set<Value, Before> set(values.begin(), values.end());
  return {set.begin(), set.end()};
}

Value counted(std::size_t count) { return static_cast<std::int64_t>(count); }

Oracle over_known(bool distinct, std::function<Value(const std::vector<Value>&)> oracle) {
  return [distinct, oracle](const std::vector<Row>& rows) -> Value {
    const std::vector<Value> values = distinct ? once_each(known(rows)) : known(rows);
    if (values.empty()) return Null{};
    return oracle(values);
  };
}

Value naive_sum(const std::vector<Value>& values) {
  if (std::holds_alternative<double>(values[0])) return static_cast<double>(total(values));
  std::int64_t sum = 0;
  for (const Value& value : values) sum += std::get<std::int64_t>(value);
  return sum;
}

Value naive_mean(const std::vector<Value>& values) {
  return static_cast<double>(total(values) / static_cast<long double>(values.size()));
}

Value naive_interval_mean(const std::vector<Value>& values) {
  return static_cast<std::int64_t>(
      std::round(total(values) / static_cast<long double>(values.size())));
}

Oracle naive_moment(std::size_t off, bool root) {
  return over_known(false, [=](const std::vector<Value>& values) -> Value {
    if (values.size() <= off) return Null{};
    const long double mean = total(values) / static_cast<long double>(values.size());
    long double squares = 0;
    for (const Value& value : values) squares += (real(value) - mean) * (real(value) - mean);
    const long double variance = squares / static_cast<long double>(values.size() - off);
    return static_cast<double>(root ? std::sqrt(variance) : variance);
  });
}

/// Of the rows without a null, the first whose key no other goes before.
Oracle naive_pick(bool lowest, bool by_time) {
  return [=](const std::vector<Row>& rows) -> Value {
    const Before before;
    std::optional<std::size_t> best;
    const auto key = [&](std::size_t i) {
      return by_time ? Value(rows[i].time) : rows[i].cells[1];
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (is_null(rows[i].cells[0]) || is_null(key(i))) continue;
      if (!best || (lowest ? before(key(i), key(*best)) : before(key(*best), key(i)))) best = i;
    }
    return best ? rows[*best].cells[0] : Value(Null{});
  };
}

Oracle naive_percentile(double fraction) {
  return over_known(false, [=](const std::vector<Value>& values) -> Value {
    std::vector<long double> sorted;
    for (const Value& value : values) sorted.push_back(real(value));
    std::sort(sorted.begin(), sorted.end());
    const long double position = fraction * static_cast<long double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(position);
    const std::size_t high = std::min(low + 1, sorted.size() - 1);
    const long double weight = position - static_cast<long double>(low);
    return static_cast<double>(sorted[low] * (1 - weight) + sorted[high] * weight);
  });
}

std::vector<Checked> sums() {
  std::vector<Checked> out;
  for (const bool distinct : {false, true}) {
    for (const Type type : {Type::kBigint, Type::kDouble, Type::kInterval}) {
      const double tolerance = type == Type::kDouble ? 1e-9 : 0;
      out.push_back({{"sum", {type}, distinct}, over_known(distinct, naive_sum), tolerance});
      const bool interval = type == Type::kInterval;
      out.push_back({{"avg", {type}, distinct},
                     over_known(distinct, interval ? naive_interval_mean : naive_mean),
                     interval ? 0 : 1e-9});
    }
  }
  return out;
}

std::vector<Checked> counts_and_extremes() {
  const Oracle lowest = over_known(false, [](const std::vector<Value>& values) -> Value {
    return *std::min_element(values.begin(), values.end(), Before());
  });
  const Oracle highest = over_known(false, [](const std::vector<Value>& values) -> Value {
    return *std::max_element(values.begin(), values.end(), Before());
  });
  const auto rows_in = [](const std::vector<Row>& rows) { return counted(rows.size()); };
  const auto known_in = [](const std::vector<Row>& rows) { return counted(known(rows).size()); };
  const auto different_in = [](const std::vector<Row>& rows) {
    return counted(once_each(known(rows)).size());
  };
  std::vector<Checked> out = {{{"count", {}}, rows_in}};
  for (const Type type : kAllTypes) {
    out.push_back({{"count", {type}}, known_in});
    out.push_back({{"count", {type}, true}, different_in});
    if (type == Type::kBoolean) continue;
    for (const bool distinct : {false, true}) {
      out.push_back({{"min", {type}, distinct}, lowest});
      out.push_back({{"max", {type}, distinct}, highest});
    }
  }
  return out;
}

std::vector<Checked> moments() {
  std::vector<Checked> out;
  for (const Type type : {Type::kBigint, Type::kDouble}) {
    out.push_back({{"stddev", {type}}, naive_moment(1, true), 1e-9});
    out.push_back({{"stddev_samp", {type}}, naive_moment(1, true), 1e-9});
    out.push_back({{"stddev_pop", {type}}, naive_moment(0, true), 1e-9});
    out.push_back({{"variance", {type}}, naive_moment(1, false), 1e-9});
    out.push_back({{"var_samp", {type}}, naive_moment(1, false), 1e-9});
    out.push_back({{"var_pop", {type}}, naive_moment(0, false), 1e-9});
  }
  return out;
}

std::vector<Checked> picks() {
  std::vector<Checked> out;
  for (const Type type : kAllTypes) {
    out.push_back({{"first", {type}}, naive_pick(true, true)});
    out.push_back({{"last", {type}}, naive_pick(false, true)});
    for (const Type order : kAllTypes) {
      out.push_back({{"arg_min", {type, order}}, naive_pick(true, false)});
      out.push_back({{"arg_max", {type, order}}, naive_pick(false, false)});
    }
  }
  return out;
}

std::vector<Checked> connectives() {
  const Oracle all = over_known(false, [](const std::vector<Value>& values) -> Value {
    return std::count(values.begin(), values.end(), Value(false)) == 0;
  });
  const Oracle any = over_known(false, [](const std::vector<Value>& values) -> Value {
    return std::count(values.begin(), values.end(), Value(true)) != 0;
  });
  std::vector<Checked> out;
  for (const bool distinct : {false, true}) {
    out.push_back({{"bool_and", {Type::kBoolean}, distinct}, all});
    out.push_back({{"every", {Type::kBoolean}, distinct}, all});
    out.push_back({{"bool_or", {Type::kBoolean}, distinct}, any});
  }
  return out;
}

void expect_same(const Checked& checked, const Value& actual, const Value& expected,
                 const std::string& where) {
  const auto* real_actual = std::get_if<double>(&actual);
  const auto* real_expected = std::get_if<double>(&expected);
  if (checked.tolerance == 0 || real_actual == nullptr || real_expected == nullptr) {
    EXPECT_EQ(actual, expected) << checked.call.text() << " " << where;
    return;
  }
  // Sums of tenths are rounded where the oracle's are not: 1e-12 is their scale, not a result's.
  EXPECT_NEAR(*real_actual, *real_expected,
              checked.tolerance * std::fabs(*real_expected) + 1e-12)
      << checked.call.text() << " " << where;
}

void check(const std::vector<Checked>& all, std::uint64_t seeds) {
  for (const Checked& checked : all) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      Random random(seed);
      const std::vector<Row> rows = random_rows(random, checked.call.types);
      const std::size_t cut = rows.empty() ? 0 : below(random, rows.size() + 1);
      const Value expected = checked.oracle(rows);
      for (const auto& [way, actual] : every_way(checked.call, rows, cut)) {
        expect_same(checked, actual, expected, concat(way, ", seed ", seed));
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(AggregatesOracle, sums_and_averages_are_the_naive_ones) { check(sums(), 40); }
TEST(AggregatesOracle, counts_and_extremes_are_the_naive_ones) { check(counts_and_extremes(), 20); }
TEST(AggregatesOracle, moments_are_the_naive_ones) { check(moments(), 40); }
TEST(AggregatesOracle, picked_rows_are_the_naive_ones) { check(picks(), 10); }
TEST(AggregatesOracle, connectives_are_the_naive_ones) { check(connectives(), 40); }

TEST(AggregatesOracle, percentiles_of_positive_numbers_are_within_half_a_percent) {
  for (const double fraction : {0.0, 0.1, 0.5, 0.95, 1.0}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      Random random(seed);
      std::vector<Row> rows(1 + below(random, 300));
      for (Row& row : rows) {
        row.cells = {std::exp(static_cast<double>(below(random, 1'000'000)) * 1e-5)};
      }
      const Checked checked{{"approx_percentile", {Type::kDouble, Type::kDouble}, false,
                             {Null{}, fraction}},
                            naive_percentile(fraction), 0.00500001};
      for (Row& row : rows) row.cells.push_back(fraction);
      const Value expected = checked.oracle(rows);
      for (const auto& [way, actual] : every_way(checked.call, rows, below(random, rows.size()))) {
        expect_same(checked, actual, expected, concat(way, ", fraction ", fraction));
      }
    }
  }
}

TEST(AggregatesOracle, groups_of_one_batch_do_not_touch_each_other) {
  for (const std::vector<Checked>& all : {sums(), counts_and_extremes(), picks(), moments()}) {
    for (const Checked& checked : all) {
      Random random(7);
      const std::vector<Row> rows = random_rows(random, checked.call.types);
      std::vector<Row> even;
      std::vector<Row> odd;
      for (std::size_t i = 0; i < rows.size(); ++i) (i % 2 == 0 ? even : odd).push_back(rows[i]);
      Accumulator of_even(checked.call);
      Accumulator of_odd(checked.call);
      of_even.add_with(of_odd, rows);
      expect_same(checked, of_even.result(), checked.oracle(even), "of the even rows");
      expect_same(checked, of_odd.result(), checked.oracle(odd), "of the odd rows");
    }
  }
}

}  // namespace
}  // namespace sitrep::sql
