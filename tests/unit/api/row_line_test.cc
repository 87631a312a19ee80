// SPDX-License-Identifier: Apache-2.0
// Rows leave a line as they would leave a sorted list, whatever comes when.
#include "engine/api/row_line.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>
#include <vector>

namespace sitrep {
namespace {

using Row = std::pair<Micros, std::uint64_t>;  // time and number

/// A line, and the same rows in a sorted map.
class Lines {
 public:
  void push(Micros time) {
    line_.push({.time = time, .number = next_, .chunk = nullptr});
    expected_.emplace(Row(time, next_++), true);
  }
  void take_and_compare(Micros until) {
    std::vector<WaitingRow> taken = {{.time = -7, .number = 0, .chunk = nullptr}};
    line_.take(until, taken, room_);
    ASSERT_EQ(taken.front().time, -7) << "what was there stays";
    taken.erase(taken.begin());
    std::vector<Row> rows;
    for (const WaitingRow& row : taken) rows.emplace_back(row.time, row.number);
    std::vector<Row> expected;
    while (!expected_.empty() && expected_.begin()->first.first <= until) {
      expected.push_back(expected_.begin()->first);
      expected_.erase(expected_.begin());
    }
    ASSERT_EQ(rows, expected);
    ASSERT_EQ(line_.empty(), expected_.empty());
    ASSERT_EQ(line_.first_time(), expected_.empty()
                                      ? std::nullopt
                                      : std::optional(expected_.begin()->first.first));
  }

 private:
  RowLine line_;
  std::vector<WaitingRow> room_;
  std::map<Row, bool> expected_;
  std::uint64_t next_ = 1;
};

/// How many rows come between two calls, by how much they are out of order, and how far behind the
/// newest one the watermark is.
struct Load {
  std::size_t rows;
  Micros disorder;
  Micros behind;
};

class RowLineTest : public testing::TestWithParam<Load> {};

TEST_P(RowLineTest, rows_leave_in_the_order_of_time_and_then_as_they_came) {
  const Load load = GetParam();
  std::mt19937_64 random(5);
  const auto below = [&](std::uint64_t bound) { return static_cast<Micros>(random() % bound); };
  Lines lines;
  Micros now = 0;
  for (int call = 0; call < 300; ++call) {
    const std::size_t rows = static_cast<std::size_t>(below(2 * load.rows + 1));
    for (std::size_t i = 0; i < rows; ++i) {
      now += below(4);  // many at one time
      lines.push(now - (load.disorder == 0 ? 0 : below(load.disorder)));
    }
    ASSERT_NO_FATAL_FAILURE(lines.take_and_compare(now - load.behind)) << call;
  }
  lines.take_and_compare(std::numeric_limits<Micros>::max());
}

INSTANTIATE_TEST_SUITE_P(
    Loads, RowLineTest,
    testing::Values(Load{.rows = 1, .disorder = 0, .behind = 0},
                    Load{.rows = 3, .disorder = 100, .behind = 100},
                    Load{.rows = 5, .disorder = 50, .behind = 4'000},     // more runs than stay
                    Load{.rows = 400, .disorder = 5'000, .behind = 5'000},
                    Load{.rows = 400, .disorder = 10, .behind = 60'000},  // sorted by digits
                    Load{.rows = 50, .disorder = 1'000'000, .behind = 2'000'000}));

TEST(RowLineTest, times_at_their_ends_are_in_order) {
  Lines lines;
  for (const Micros time : {std::numeric_limits<Micros>::max(), Micros{0}, kMinWatermark + 1}) {
    for (int i = 0; i < 100; ++i) lines.push(time);
  }
  lines.take_and_compare(kMinWatermark + 1);
  for (int i = 0; i < 100; ++i) lines.push(-i);
  lines.take_and_compare(0);
  lines.take_and_compare(std::numeric_limits<Micros>::max());
}

}  // namespace
}  // namespace sitrep
