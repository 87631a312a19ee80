// SPDX-License-Identifier: Apache-2.0
#include "operators/merged_groups.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "engine/api/function_registry.h"
#include "engine/base/text.h"
#include "engine/sql/aggregates.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

/// Counts and the set of what was counted, which owns memory of its own.
AccumulatorRow counts_and_sets() {
  FunctionRegistry registry;
  sql::add_builtin_aggregates(registry);
  const std::vector<Type> number = {Type::kBigint};
  const std::vector<Value> no_constant = {Value()};
  const AggregateFactory& count = *registry.aggregate("count");
  std::vector<std::shared_ptr<const AggregateFunction>> functions;
  functions.push_back(count.make(number, /*distinct=*/false, no_constant).value());
  functions.push_back(count.make(number, /*distinct=*/true, no_constant).value());
  return AccumulatorRow(std::move(functions));
}

class MergedGroupsTest : public testing::Test {
 protected:
  /// Merges a pane's row that has seen `n` once.
  void merge(std::string_view key, std::int64_t n) {
    Column numbers(Type::kBigint);
    numbers.append_int(n);
    std::vector<std::uint64_t> words(layout_.row_bytes() / sizeof(std::uint64_t) + 1);
    std::byte* const row = reinterpret_cast<std::byte*>(words.data());
    layout_.create(row);
    const Column* const arguments[] = {&numbers};
    const Micros times[] = {0};
    const std::uint32_t rows[] = {0};
    for (std::size_t i = 0; i < layout_.size(); ++i) {
      std::byte* const groups[] = {row};
      layout_.function(i).update({.arguments = arguments,
                                  .event_time = times,
                                  .rows = rows,
                                  .groups = groups,
                                  .offset = layout_.offset(i)});
    }
    merged_.merge(key, row);
    layout_.destroy(row);
  }
  /// "key: count of different" of each group, as they first came.
  std::vector<std::string> groups() {
    std::vector<std::string> out;
    for (std::size_t group = 0; group < merged_.size(); ++group) {
      Arena arena;
      Column results(Type::kBigint);
      for (std::size_t i = 0; i < layout_.size(); ++i) {
        layout_.function(i).result(merged_.row(group) + layout_.offset(i), results, arena);
      }
      out.push_back(
          concat(merged_.key(group), ": ", results.ints()[0], " of ", results.ints()[1]));
    }
    return out;
  }

  const AccumulatorRow layout_ = counts_and_sets();
  MergedGroups merged_{layout_};
};

TEST_F(MergedGroupsTest, groups_are_found_again_and_stay_in_their_order) {
  merge("b", 1);
  merge("", 1);
  merge("b", 2);
  merge("a", 7);
  merge("b", 1);
  EXPECT_THAT(groups(), ElementsAre("b: 3 of 2", ": 1 of 1", "a: 1 of 1"));
}

TEST_F(MergedGroupsTest, panes_that_lack_groups_or_turn_them_round_are_merged_alike) {
  for (const std::string_view pane : {"abcdef", "bdf", "fedcba", "aab", "xa", ""}) {
    for (std::size_t i = 0; i < pane.size(); ++i) merge(pane.substr(i, 1), 1);
  }
  EXPECT_THAT(groups(), ElementsAre("a: 5 of 1", "b: 4 of 1", "c: 2 of 1", "d: 3 of 1",
                                    "e: 2 of 1", "f: 3 of 1", "x: 1 of 1"));
}

TEST_F(MergedGroupsTest, many_groups_grow_the_index_and_keep_their_rows) {
  std::map<int, std::set<int>> different;
  for (int i = 0; i < 20'000; ++i) {
    const int n = i * 7 % 11;
    merge(concat("group ", i % 3'000), n);
    different[i % 3'000].insert(n);
  }
  std::vector<std::string> expected;
  for (int group = 0; group < 3'000; ++group) {
    const int rows = 20'000 / 3'000 + (group < 20'000 % 3'000 ? 1 : 0);
    expected.push_back(concat("group ", group, ": ", rows, " of ", different[group].size()));
  }
  EXPECT_EQ(groups(), expected);
}

}  // namespace
}  // namespace sitrep
