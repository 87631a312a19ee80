// SPDX-License-Identifier: Apache-2.0
// That windows hold what they should is tried in window_oracle_test.cc; here, that sums of doubles
// are the same to the last bit whatever was kept, and that what is kept is bounded.
#include "operators/sliding_groups.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/api/function_registry.h"
#include "engine/base/text.h"
#include "engine/sql/aggregates.h"

namespace sitrep {
namespace {

constexpr int kPanes = 7;
constexpr Micros kSlide = 10;
constexpr ClockId kClock = 0;

/// Whose last bits depend on the order in which panes are merged.
std::shared_ptr<const AggregateFunction> deviation() {
  FunctionRegistry registry;
  sql::add_builtin_aggregates(registry);
  const std::vector<Type> number = {Type::kDouble};
  const std::vector<Value> no_constant = {Value()};
  return registry.aggregate("stddev")->make(number, /*distinct=*/false, no_constant).value();
}

class SlidingGroupsTest : public testing::Test {
 protected:
  /// By group: the bits of its result.
  using Results = std::map<std::string, std::uint64_t>;

  SlidingGroupsTest() {
    auto row = std::make_unique<AccumulatorRow>(
        std::vector<std::shared_ptr<const AggregateFunction>>{deviation()});
    layout_ = row.get();
    panes_.emplace(
        Table::Options{.name = "op/groups", .codec = std::move(row), .clocks = &clocks_});
  }

  void add(Micros pane_end, const std::string& key, double value) {
    std::byte* const row = panes_->upsert(panes_->pane({.clock = kClock, .end = pane_end}), key);
    Column values(Type::kDouble);
    values.append_double(value);
    const Column* const arguments[] = {&values};
    const Micros times[] = {0};
    const std::uint32_t rows[] = {0};
    std::byte* const groups[] = {row};
    layout_->function(0).update({.arguments = arguments,
                                 .event_time = times,
                                 .rows = rows,
                                 .groups = groups,
                                 .offset = layout_->offset(0)});
  }
  /// Values of which sums in different orders differ.
  void add_many(std::mt19937& random, Micros pane_end, int groups) {
    std::uniform_real_distribution<double> exponent(-12, 12);
    for (int i = 0; i < groups; ++i) {
      if (random() % 5 == 0) continue;
      add(pane_end, concat("key ", (i * 7 + pane_end) % groups), std::pow(10, exponent(random)));
    }
  }

  SlidingGroups make() { return SlidingGroups(*layout_, windows_, *panes_, kClock); }

  /// Keeps what it can, or nothing that takes more than `bytes_max`.
  Results window(SlidingGroups& sliding, Micros end,
                 std::size_t bytes_max = std::numeric_limits<std::size_t>::max()) {
    Results out;
    const auto take = [&](std::string_view key, const std::byte* row) -> Result<void> {
      Column result(Type::kDouble);
      Arena arena;
      layout_->function(0).result(row + layout_->offset(0), result, arena);
      const auto bits = std::bit_cast<std::uint64_t>(result.doubles()[0]);
      EXPECT_TRUE(out.emplace(key, bits).second) << key;
      return {};
    };
    EXPECT_TRUE(sliding.window(end, bytes_max, take));
    return out;
  }

  ClockTable clocks_;
  const WindowMath windows_{sql::Window{.width = kPanes * kSlide, .slide = kSlide, .offset = 3}};
  const AccumulatorRow* layout_ = nullptr;
  std::optional<Table> panes_;
};

TEST_F(SlidingGroupsTest, results_are_the_same_to_the_last_bit_whatever_was_kept) {
  std::mt19937 random(3);
  SlidingGroups kept = make();
  SlidingGroups dropped = make();
  SlidingGroups bounded = make();
  bool differs = false;
  for (Micros end = -197; end < 400; end += kSlide) {
    add_many(random, end, 20);
    if (random() % 4 == 0) {
      const Micros late = end - kSlide * static_cast<Micros>(random() % kPanes);
      kept.changes(late);
      dropped.changes(late);
      bounded.changes(late);
      add_many(random, late, 3);
    }
    if (random() % 3 == 0) dropped.drop();
    SlidingGroups anew = make();
    const Results expected = window(anew, end);
    EXPECT_EQ(window(kept, end), expected) << "window until " << end;
    EXPECT_EQ(window(dropped, end), expected) << "window until " << end;
    EXPECT_EQ(window(bounded, end, random() % 4000), expected) << "window until " << end;
    // Merged in another order some sums have other last bits: what is tested can be seen.
    MergedGroups in_order(*layout_);
    for (Micros pane = end - (kPanes - 1) * kSlide; pane <= end; pane += kSlide) {
      Table::Pane* const rows = panes_->find_pane({.clock = kClock, .end = pane});
      if (rows == nullptr) continue;
      ASSERT_TRUE(panes_->for_each(*rows, [&](std::string_view key, const std::byte* row) {
        in_order.merge(key, row);
      }));
    }
    ASSERT_EQ(in_order.size(), expected.size());
    for (std::size_t group = 0; group < in_order.size(); ++group) {
      Column result(Type::kDouble);
      Arena arena;
      layout_->function(0).result(in_order.row(group), result, arena);
      const auto bits = std::bit_cast<std::uint64_t>(result.doubles()[0]);
      differs = differs || bits != expected.at(std::string(in_order.key(group)));
    }
  }
  EXPECT_TRUE(differs);
}

TEST_F(SlidingGroupsTest, tells_whether_a_change_met_what_was_kept) {
  SlidingGroups sliding = make();
  for (const Micros pane : {13, 23, 73, 83}) add(pane, "a", 1);
  EXPECT_FALSE(sliding.changes(13)) << "nothing is kept yet";
  // Blocks end at 3 and 73: the head is of 23 to 73, the tail of 83.
  (void)window(sliding, 83);
  EXPECT_FALSE(sliding.changes(93));
  EXPECT_TRUE(sliding.changes(83));
  EXPECT_FALSE(sliding.changes(83));
  EXPECT_TRUE(sliding.changes(23));
  EXPECT_EQ(sliding.memory_bytes(), 0U);
}

TEST_F(SlidingGroupsTest, keeps_no_more_sums_than_it_may_and_nothing_after_a_drop) {
  std::mt19937 random(4);
  SlidingGroups sliding = make();
  Micros end = 3;
  for (; end < 300; end += kSlide) {
    add_many(random, end, 300);
    (void)window(sliding, end);
  }
  const std::size_t all = sliding.memory_bytes();
  EXPECT_GT(all, 100'000U);
  SlidingGroups bounded = make();
  for (Micros again = end - kPanes * kSlide; again < end; again += kSlide) {
    (void)window(bounded, again, /*bytes_max=*/50'000);
    // Beside these, the beginning of the next block: one window's groups.
    EXPECT_LE(bounded.memory_bytes(), 50'000U + 20'000U);
  }
  sliding.drop();
  EXPECT_EQ(sliding.memory_bytes(), 0U);
  add_many(random, end, 300);
  (void)window(sliding, end);
  EXPECT_EQ(sliding.memory_bytes(), 0U);
}

TEST_F(SlidingGroupsTest, window_without_rows_has_no_groups) {
  SlidingGroups sliding = make();
  add(3, "a", 1);
  EXPECT_EQ(window(sliding, 3).size(), 1U);
  EXPECT_EQ(window(sliding, 63).size(), 1U);
  EXPECT_EQ(window(sliding, 73).size(), 0U);
  EXPECT_EQ(window(sliding, 1003).size(), 0U);
}

}  // namespace
}  // namespace sitrep
