// SPDX-License-Identifier: Apache-2.0
// Functions across rows against a loop over the rows of a key in the order of event time: rows that
// arrive in any order inside out_of_orderness, batches, epochs, restarts and evictions anywhere.
#include "operators/row_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/sql/query.h"
#include "tests/unit/operators/operator_testing.h"
#include "tests/unit/operators/ordered_operator.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

const Schema& schema() {
  static const Schema kSchema{{{"k", Type::kText},
                               {"id", Type::kBigint},
                               {"unread", Type::kText},
                               {"i", Type::kBigint},
                               {"d", Type::kDouble},
                               {"up", Type::kBoolean},
                               {"t", Type::kText}}};
  return kSchema;
}

/// The rule's functions, in the order of the oracle's cells.
constexpr std::array<std::string_view, 9> kFunctions = {
    "lag(t)",
    "delta(i)",
    "delta(d)",
    "rate(i)",
    "duration(up)",
    "count_within(up, interval '10 seconds')",
    "count_within(up, interval '10 seconds', t)",
    "lag(lag(i))",
    "duration(i = lag(i))"};

/// Both options and the columns of the calls, which may be fewer than there are functions: an inner
/// call that stands alone too is one.
struct Bound {
  RowHistory::Options options;
  std::vector<std::size_t> results;
};

Bound bind(const std::vector<std::string_view>& functions) {
  static const FunctionRegistry kRegistry = [] {
    FunctionRegistry registry;
    sql::add_builtin_functions(registry);
    return registry;
  }();
  Bound bound{.options = {.key_columns = {0}, .calls = {}}, .results = {}};
  for (const std::string_view function : functions) {
    sql::Diagnostics diagnostics;
    const auto expression = sql::bind_value(
        function,
        {.row = sql::InputRow::of(schema()),
         .functions = kRegistry,
         .history = &bound.options.calls},
        diagnostics);
    ENSURE(expression != nullptr, function);
    bound.results.push_back(expression->column);
  }
  return bound;
}

/// Behind what puts its rows in order.
std::unique_ptr<Operator> make_history(const RowHistory::Options& options) {
  return std::make_unique<OrderedOperator>(
      EventOrder::Options{.input = schema(), .read = {0, 1, 3, 4, 5, 6}},
      std::make_unique<RowHistory>(options));
}

struct InputRow {
  std::string key;
  std::int64_t id = 0;
  std::int64_t time = 0;  // seconds; rows may have the same
  std::optional<std::int64_t> i = {};
  std::optional<double> d = {};
  std::optional<bool> up = {};
  std::optional<std::string> t = {};
};

template <typename T>
Value value_of(const std::optional<T>& cell) {
  return cell ? Value(*cell) : Value(Null{});
}

/// The cells of kFunctions for the last of `rows`, which are those of a key, in order: each from
/// the definition, over all rows.
std::string expected_cells(const std::vector<InputRow>& rows) {
  const InputRow& now = rows.back();
  const auto before = [&](std::size_t n) {
    return rows.size() > n ? &rows[rows.size() - 1 - n] : nullptr;
  };
  /// The newest row before with a value.
  const auto known = [&](const auto& has_value) -> const InputRow* {
    for (std::size_t n = 1; n < rows.size(); ++n) {
      if (has_value(*before(n))) return before(n);
    }
    return nullptr;
  };
  /// Seconds since the first of the last rows that all fulfil it; 0 when the last does not.
  const auto run_of = [&](const auto& fulfils) {
    std::int64_t since = now.time;
    for (std::size_t end = rows.size(); end > 0 && fulfils(end - 1); --end) {
      since = rows[end - 1].time;
    }
    return fulfils(rows.size() - 1) ? now.time - since : 0;
  };
  std::vector<std::string> cells;
  cells.push_back(before(1) != nullptr ? text_of(value_of(before(1)->t)) : "null");
  const InputRow* const with_i = known([](const InputRow& row) { return row.i.has_value(); });
  const InputRow* const with_d = known([](const InputRow& row) { return row.d.has_value(); });
  cells.push_back(with_i && now.i ? concat(*now.i - *with_i->i) : "null");
  cells.push_back(with_d && now.d ? text_of(*now.d - *with_d->d) : "null");
  cells.push_back(with_i && now.i && now.time > with_i->time
                      ? text_of(static_cast<double>(*now.i - *with_i->i) /
                                static_cast<double>(now.time - with_i->time))
                      : "null");
  cells.push_back(concat(run_of([&](std::size_t row) { return rows[row].up.value_or(false); }) *
                         kMicrosPerSecond));
  std::int64_t hits = 0;
  std::set<std::string> values;
  for (const InputRow& row : rows) {
    if (!row.up.value_or(false) || row.time <= now.time - 10) continue;
    ++hits;
    if (row.t) values.insert(*row.t);
  }
  cells.push_back(concat(hits));
  cells.push_back(concat(values.size()));
  cells.push_back(before(2) != nullptr ? text_of(value_of(before(2)->i)) : "null");
  cells.push_back(concat(run_of([&](std::size_t row) {
                           return row > 0 && rows[row].i && rows[row - 1].i &&
                                  *rows[row].i == *rows[row - 1].i;
                         }) *
                         kMicrosPerSecond));
  return join(cells, ",");
}

enum class After { kNothing, kEpoch, kEviction, kRestart, kColdRestart };

struct Arrival {
  InputRow row;
  /// What follows it; nothing where the batch goes on.
  std::optional<After> after;
};

/// "id: cells" of what came out, in order, each with its event time as watermark or less.
std::vector<std::string> play(const Bound& bound, const std::vector<Arrival>& arrivals,
                              std::int64_t out_of_orderness) {
  OperatorRun run([&] { return make_history(bound.options); }, {});
  BatchBuilder builder(schema());
  std::vector<std::string> out_rows;
  Micros watermark = kMinWatermark;
  const auto keep = [&](const KeptRows& out) {
    EXPECT_TRUE(out.late.empty());
    for (const KeptRows::Row& row : out.rows) {
      EXPECT_LE(row.watermark, row.event_time);
      std::vector<std::string> cells;
      std::size_t from = 0;
      for (std::size_t at = row.text.find(','); from != std::string::npos;
           at = row.text.find(',', from)) {
        cells.push_back(row.text.substr(from, at == std::string::npos ? at : at - from));
        from = at == std::string::npos ? at : at + 1;
      }
      std::vector<std::string> results;
      for (const std::size_t result : bound.results) results.push_back(cells.at(result));
      EXPECT_EQ(cells[2], "null");  // nobody reads it
      out_rows.push_back(concat(cells[1], ": ", join(results, ",")));
    }
  };
  for (const auto& [row, after] : arrivals) {
    const Value cells[] = {row.key, row.id, "unread", value_of(row.i), value_of(row.d),
                           value_of(row.up), value_of(row.t)};
    builder.row(cells, row.time * kMicrosPerSecond, watermark);
    watermark = std::max(watermark, (row.time - out_of_orderness) * kMicrosPerSecond);
    if (!after) continue;
    const ClockReading reading{.clock = 0, .watermark = watermark, .idle = false};
    KeptRows out;
    EXPECT_TRUE(run.op().process(builder.finish(), out));
    EXPECT_TRUE(run.op().advance({&reading, 1}, out));
    if (*after != After::kNothing) run.end_epoch(out);
    if (*after == After::kEviction) run.evict();
    if (*after == After::kRestart || *after == After::kColdRestart) {
      run.restart(/*cold=*/*after == After::kColdRestart);
      EXPECT_TRUE(run.op().advance({&reading, 1}, out));
    }
    keep(out);
  }
  KeptRows out;
  EXPECT_TRUE(run.op().finish(out));
  keep(out);
  EXPECT_EQ(run.counted("stale_rows"), 0U);
  return out_rows;
}

class RowHistoryOracleTest : public testing::TestWithParam<unsigned> {};

TEST_P(RowHistoryOracleTest, results_are_those_of_rows_in_order) {
  std::mt19937 random(GetParam());
  const auto below = [&](std::int64_t limit) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
  };
  const auto maybe = [&](auto cell) {
    return below(5) == 0 ? std::nullopt : std::optional(std::move(cell));
  };
  const std::int64_t out_of_orderness = below(3) * below(8);
  std::vector<InputRow> rows;
  std::int64_t now = -20;
  const std::int64_t count = 5 + below(60);
  for (std::int64_t id = 0; id < count; ++id) {
    now += below(8) == 0 ? below(20) : below(4);
    rows.push_back({.key = concat("k", below(3)),
                    .id = id,
                    .time = now,
                    .i = maybe(below(4)),
                    .d = maybe(static_cast<double>(below(100)) / 8),
                    .up = maybe(below(3) > 0),
                    .t = maybe(concat("t", below(3)))});
  }
  // Any order inside the bound. Rows of one instant count in that in which they arrive.
  std::vector<std::pair<std::int64_t, InputRow>> shuffled;
  for (const InputRow& row : rows) {
    shuffled.emplace_back(row.time + below(out_of_orderness + 1), row);
  }
  std::stable_sort(shuffled.begin(), shuffled.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Arrival> arrivals;
  std::vector<InputRow> in_order;
  for (const auto& [at, row] : shuffled) {
    arrivals.push_back({.row = row, .after = {}});
    const bool last = arrivals.size() == shuffled.size();
    if (last || below(4) == 0) arrivals.back().after = static_cast<After>(below(5));
    in_order.push_back(row);
  }
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const InputRow& a, const InputRow& b) { return a.time < b.time; });
  std::vector<std::string> expected;
  std::map<std::string, std::vector<InputRow>> by_key;
  for (const InputRow& row : in_order) {
    std::vector<InputRow>& mine = by_key[row.key];
    mine.push_back(row);
    expected.push_back(concat(row.id, ": ", expected_cells(mine)));
  }
  const Bound bound = bind({kFunctions.begin(), kFunctions.end()});
  EXPECT_EQ(play(bound, arrivals, out_of_orderness), expected);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RowHistoryOracleTest, testing::Range(1U, 201U));

TEST(RowHistory, remembers_across_a_change_of_functions) {
  const Bound before = bind({"duration(up)", "delta(i)"});
  const Bound after = bind({"lag(i)", "delta(i)", "duration(up)"});
  const Bound* bound = &before;
  OperatorRun run([&] { return make_history(bound->options); }, {});
  BatchBuilder builder(schema());
  const auto row = [&](std::int64_t time, std::int64_t i) {
    const Value cells[] = {"k", time, Null{}, i, Null{}, true, Null{}};
    builder.row(cells, time * kMicrosPerSecond);
  };
  const ClockReading idle{.clock = 0, .watermark = kMinWatermark, .idle = true};
  KeptRows out;
  row(1, 10);
  ASSERT_TRUE(run.op().process(builder.finish(), out));
  ASSERT_TRUE(run.op().advance({&idle, 1}, out));
  run.end_epoch(out);
  bound = &after;
  run.restart(/*cold=*/false);
  row(4, 15);
  ASSERT_TRUE(run.op().process(builder.finish(), out));
  ASSERT_TRUE(run.op().advance({&idle, 1}, out));
  ASSERT_EQ(out.rows.size(), 2U);
  EXPECT_EQ(out.rows[0].text, "k,1,null,10,null,true,null,0,null");
  // lag is new and knows nothing yet; the others go on.
  EXPECT_EQ(out.rows[1].text, "k,4,null,15,null,true,null,null,5,3000000");
}

TEST(RowHistory, drops_a_row_older_than_what_went_out_when_the_clock_was_idle) {
  const Bound bound = bind({"delta(i)"});
  OperatorRun run([&] { return make_history(bound.options); }, {});
  BatchBuilder builder(schema());
  const auto play_row = [&](std::int64_t time, std::int64_t i, bool idle) {
    const Value cells[] = {"k", time, Null{}, i, Null{}, Null{}, Null{}};
    const ClockReading reading{.clock = 0, .watermark = kMinWatermark, .idle = idle};
    KeptRows out;
    EXPECT_TRUE(run.op().process(builder.row(cells, time * kMicrosPerSecond).finish(), out));
    EXPECT_TRUE(run.op().advance({&reading, 1}, out));
    std::vector<std::string> texts;
    for (const KeptRows::Row& row : out.rows) texts.push_back(row.text);
    return texts;
  };
  EXPECT_THAT(play_row(10, 5, true), ElementsAre("k,10,null,5,null,null,null,null"));
  EXPECT_THAT(play_row(8, 1, true), ElementsAre());
  EXPECT_THAT(play_row(12, 7, true), ElementsAre("k,12,null,7,null,null,null,2"));
  EXPECT_EQ(run.counted("stale_rows"), 1U);
}

TEST(RowHistory, counts_no_further_than_it_remembers) {
  const Bound bound = bind({"count_within(up, interval '1 day')"});
  OperatorRun run([&] { return make_history(bound.options); }, {});
  BatchBuilder builder(schema());
  const std::int64_t count = CallMemory::kHitsMax + 5;
  for (std::int64_t i = 0; i < count; ++i) {
    const Value cells[] = {"k", i, Null{}, Null{}, Null{}, true, Null{}};
    builder.row(cells, i * kMicrosPerSecond);
  }
  KeptRows out;
  ASSERT_TRUE(run.op().process(builder.finish(), out));
  ASSERT_TRUE(run.op().finish(out));
  ASSERT_EQ(out.rows.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(out.rows[998].text, "k,998,null,null,null,true,null,999");
  EXPECT_EQ(out.rows.back().text, "k,1004,null,null,null,true,null,1000");
}

TEST(RowHistory, a_difference_that_does_not_fit_is_null_and_counted) {
  const Bound bound = bind({"delta(i)"});
  OperatorRun run([&] { return make_history(bound.options); }, {});
  BatchBuilder builder(schema());
  for (const std::int64_t i : {std::numeric_limits<std::int64_t>::min(), std::int64_t{1},
                               std::int64_t{3}}) {
    const Value cells[] = {"k", std::int64_t{0}, Null{}, i, Null{}, Null{}, Null{}};
    builder.row(cells);
  }
  KeptRows out;
  ASSERT_TRUE(run.op().process(builder.finish(), out));
  ASSERT_TRUE(run.op().finish(out));
  ASSERT_EQ(out.rows.size(), 3U);
  EXPECT_TRUE(out.rows[1].text.ends_with(",null"));
  EXPECT_TRUE(out.rows[2].text.ends_with(",2"));
  EXPECT_EQ(run.counted("sql_errors"), 1U);
}

TEST(RowHistory, a_difference_beyond_what_a_double_holds_is_null_and_counted) {
  const Bound bound = bind({"delta(d)", "rate(d)"});
  OperatorRun run([&] { return make_history(bound.options); }, {});
  BatchBuilder builder(schema());
  std::int64_t time = 0;
  for (const double d : {1.5e308, -1e308, 0.0, std::numeric_limits<double>::infinity()}) {
    const Value cells[] = {"k", time, Null{}, Null{}, d, Null{}, Null{}};
    builder.row(cells, time++ * kMicrosPerSecond);
  }
  KeptRows out;
  ASSERT_TRUE(run.op().process(builder.finish(), out));
  ASSERT_TRUE(run.op().finish(out));
  ASSERT_EQ(out.rows.size(), 4U);
  EXPECT_TRUE(out.rows[1].text.ends_with(",null,null")) << out.rows[1].text;
  EXPECT_TRUE(out.rows[2].text.ends_with(",1e+308,1e+308")) << out.rows[2].text;
  EXPECT_TRUE(out.rows[3].text.ends_with(",inf,inf")) << out.rows[3].text;
  EXPECT_EQ(run.counted("sql_errors"), 2U);
}

}  // namespace
}  // namespace sitrep
