// SPDX-License-Identifier: Apache-2.0
#include "engine/api/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "tests/unit/api/memory_image.h"
#include "tests/unit/api/text_row.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr PaneKey kOne{.clock = 0, .end = 10};
constexpr PaneKey kTwo{.clock = 0, .end = 20};

/// Rows of one number, which own nothing.
class NumberRow final : public RowCodec {
 public:
  std::size_t row_bytes() const override { return sizeof(std::int64_t); }
  void create(std::byte* row) const override { set(row, 0); }
  bool owns_heap() const override { return false; }
  void save(const std::byte* row, std::string& out) const override {
    out.append(reinterpret_cast<const char*>(row), sizeof(std::int64_t));
  }
  Result<void> load(std::string_view in, std::byte* row) const override {
    std::memcpy(row, in.data(), sizeof(std::int64_t));
    return {};
  }

  static std::int64_t get(const std::byte* row) {
    std::int64_t number = 0;
    std::memcpy(&number, row, sizeof number);
    return number;
  }
  static void set(std::byte* row, std::int64_t number) { std::memcpy(row, &number, sizeof number); }
};

class TableTest : public ::testing::Test {
 protected:
  void set(PaneKey pane, std::string_view key, std::string_view text) {
    std::byte* const row = table_.upsert(table_.pane(pane), key);
    ASSERT_NE(row, nullptr);
    TextRow::text(row) = text;
  }
  std::vector<std::string> collect(std::uint64_t epoch) {
    table_.collect(Epoch(epoch), image_);
    image_.close(Epoch(epoch));
    return image_.take_changes();
  }
  void flush_and_evict(std::uint64_t epoch) {
    image_.flush(Epoch(epoch));
    table_.evict(Epoch(epoch));
  }
  std::map<std::string, std::string> rows(PaneKey pane) {
    std::map<std::string, std::string> rows;
    const Result<void> read =
        table_.for_each(table_.pane(pane), [&](std::string_view key, const std::byte* row) {
          EXPECT_TRUE(rows.emplace(key, TextRow::text(row)).second) << key << " came twice";
        });
    EXPECT_TRUE(read.has_value());
    return rows;
  }
  std::string get(PaneKey pane, std::string_view key) {
    const std::byte* const row = table_.find(table_.pane(pane), key);
    return row == nullptr ? "absent" : TextRow::text(row);
  }

  MemoryImage image_;
  ClockTable clocks_;
  Table table_{{.name = "fleet/groups",
                .codec = std::make_unique<TextRow>(),
                .clocks = &clocks_,
                .cold = &image_}};
};

TEST_F(TableTest, upsert_finds_the_row_that_it_made) {
  set(kOne, "a", "1");
  set(kOne, "", "empty key");
  EXPECT_EQ(TextRow::text(table_.upsert(table_.pane(kOne), "a")), "1");
  EXPECT_EQ(get(kOne, ""), "empty key");
  EXPECT_EQ(get(kTwo, "a"), "absent");
}

TEST_F(TableTest, a_changed_row_is_collected_once_per_epoch) {
  set(kOne, "a", "1");
  set(kOne, "a", "2");
  EXPECT_THAT(collect(1), ElementsAre("put /10/a=2"));
  EXPECT_THAT(collect(2), IsEmpty());
  (void)get(kOne, "a");
  EXPECT_THAT(collect(3), IsEmpty());
  set(kOne, "a", "3");
  EXPECT_THAT(collect(4), ElementsAre("put /10/a=3"));
}

TEST_F(TableTest, changed_bytes_are_those_of_dirty_entries) {
  EXPECT_EQ(table_.changed_bytes(), 0U);
  set(kOne, "a", "1");
  const std::size_t of_one = table_.changed_bytes();
  EXPECT_GT(of_one, 0U);
  set(kOne, "a", "2");
  EXPECT_EQ(table_.changed_bytes(), of_one);
  set(kTwo, "b", "3");
  EXPECT_EQ(table_.changed_bytes(), 2 * of_one);
  table_.drop(kOne);
  EXPECT_EQ(table_.changed_bytes(), of_one);
  (void)collect(1);
  EXPECT_EQ(table_.changed_bytes(), 0U);
  table_.erase(table_.pane(kTwo), "b");
  EXPECT_GT(table_.changed_bytes(), 0U);
  table_.drop(kTwo);
  EXPECT_EQ(table_.changed_bytes(), 0U);
}

TEST_F(TableTest, a_pane_that_opens_and_closes_within_an_epoch_leaves_no_trace) {
  set(kOne, "a", "1");
  set(kTwo, "b", "2");
  table_.drop(kOne);
  EXPECT_THAT(collect(1), ElementsAre("put /20/b=2"));
  EXPECT_THAT(table_.panes(), ElementsAre(kTwo));
}

TEST_F(TableTest, a_pane_whose_rows_were_all_erased_before_any_epoch_leaves_no_trace) {
  set(kOne, "a", "1");
  table_.erase(table_.pane(kOne), "a");
  EXPECT_THAT(collect(1), IsEmpty());
  table_.drop(kOne);
  EXPECT_THAT(collect(2), IsEmpty());
}

TEST_F(TableTest, a_dropped_pane_that_an_epoch_put_is_removed_whole) {
  set(kOne, "a", "1");
  (void)collect(1);
  set(kOne, "b", "2");
  table_.drop(kOne);
  EXPECT_THAT(collect(2), ElementsAre("remove_pane /10"));
  EXPECT_THAT(collect(3), IsEmpty());
}

TEST_F(TableTest, a_drained_pane_gives_its_rows_and_is_gone) {
  set(kOne, "a", "1");
  set(kOne, "b", "1");
  set(kOne, "c", "1");
  (void)collect(1);
  flush_and_evict(1);
  set(kOne, "a", "2");
  set(kOne, "d", "2");
  table_.erase(table_.pane(kOne), "c");
  set(kTwo, "e", "2");
  std::map<std::string, std::string> drained;
  ASSERT_TRUE(table_.drain(kOne, [&](std::string_view key, const std::byte* row) {
    EXPECT_TRUE(drained.emplace(key, TextRow::text(row)).second) << key << " came twice";
  }));
  EXPECT_THAT(drained, ElementsAre(Pair("a", "2"), Pair("b", "1"), Pair("d", "2")));
  EXPECT_THAT(table_.panes(), ElementsAre(kTwo));
  EXPECT_THAT(collect(2), ElementsAre("remove_pane /10", "put /20/e=2"));
  ASSERT_TRUE(table_.drain(kOne, [](std::string_view, const std::byte*) { FAIL(); }));
}

TEST_F(TableTest, a_pane_whose_cold_rows_cannot_be_read_is_not_drained) {
  set(kOne, "a", TextRow::kUnreadable);
  (void)collect(1);
  flush_and_evict(1);
  set(kOne, "b", "2");
  const auto drained = table_.drain(kOne, [](std::string_view, const std::byte*) {});
  ASSERT_FALSE(drained);
  EXPECT_THAT(drained.error().message(), HasSubstr("a row that cannot be read"));
  EXPECT_THAT(table_.panes(), ElementsAre(kOne));
  EXPECT_EQ(get(kOne, "b"), "2");
}

TEST_F(TableTest, a_drained_pane_gives_memory_back_on_the_way) {
  const std::string text(1'000, 'x');
  for (int n = 0; n < 3'000; ++n) set(kOne, concat(text, n), "x");
  (void)collect(1);
  const std::size_t full = table_.memory_bytes();
  int passed = 0;
  ASSERT_TRUE(table_.drain(kOne, [&](std::string_view, const std::byte*) {
    if (++passed == 2'000) {
      EXPECT_LT(table_.memory_bytes(), full / 2);
    }
  }));
  EXPECT_EQ(passed, 3'000);
  EXPECT_LT(table_.memory_bytes(), full / 10);
}

TEST_F(TableTest, a_pane_dropped_and_made_again_is_removed_before_it_is_put) {
  set(kOne, "a", "1");
  set(kOne, "b", "1");
  (void)collect(1);
  table_.drop(kOne);
  set(kOne, "a", "2");
  EXPECT_THAT(collect(2), ElementsAre("remove_pane /10", "put /10/a=2"));
  EXPECT_THAT(rows(kOne), ElementsAre(Pair("a", "2")));
}

TEST_F(TableTest, an_erased_row_is_removed_only_if_an_epoch_put_it) {
  set(kOne, "a", "1");
  (void)collect(1);
  set(kOne, "b", "2");
  table_.erase(table_.pane(kOne), "a");
  table_.erase(table_.pane(kOne), "b");
  table_.erase(table_.pane(kOne), "never there");
  EXPECT_THAT(collect(2), ElementsAre("remove /10/a"));
  EXPECT_THAT(rows(kOne), IsEmpty());
}

TEST_F(TableTest, a_row_erased_and_made_again_begins_empty) {
  set(kOne, "a", "1");
  (void)collect(1);
  table_.erase(table_.pane(kOne), "a");
  EXPECT_EQ(TextRow::text(table_.upsert(table_.pane(kOne), "a")), "");
  EXPECT_THAT(collect(2), ElementsAre("put /10/a="));
}

TEST_F(TableTest, evicted_rows_give_their_memory_back_and_are_read_again) {
  const std::size_t empty = table_.memory_bytes();
  for (int n = 0; n < 1000; ++n) set(kOne, std::to_string(n), "some text");
  (void)collect(1);
  const std::size_t full = table_.memory_bytes();
  EXPECT_GT(full, empty + 1000 * 40);
  flush_and_evict(1);
  EXPECT_LT(table_.memory_bytes(), empty + 1000);
  EXPECT_THAT(table_.panes(), ElementsAre(kOne));
  EXPECT_EQ(get(kOne, "500"), "some text");
  EXPECT_EQ(get(kOne, "1000"), "absent");
  EXPECT_EQ(rows(kOne).size(), 1000U);
}

TEST_F(TableTest, rows_that_are_not_flushed_stay) {
  set(kOne, "a", "1");
  (void)collect(1);
  set(kOne, "b", "2");
  (void)collect(2);
  set(kOne, "c", "3");
  flush_and_evict(1);
  image_.broken = true;
  EXPECT_EQ(get(kOne, "b"), "2");
  EXPECT_EQ(get(kOne, "c"), "3");
  EXPECT_EQ(get(kOne, "a"), "absent");
  EXPECT_THAT(table_.take_error()->message(), HasSubstr("fleet/groups: the disk is gone"));
  EXPECT_FALSE(table_.take_error().has_value());
}

TEST_F(TableTest, a_row_read_back_is_clean_until_it_is_changed) {
  set(kOne, "a", "1");
  (void)collect(1);
  flush_and_evict(1);
  EXPECT_EQ(get(kOne, "a"), "1");
  EXPECT_THAT(collect(2), IsEmpty());
  TextRow::text(table_.upsert(table_.pane(kOne), "a")) += "+";
  EXPECT_THAT(collect(3), ElementsAre("put /10/a=1+"));
}

TEST_F(TableTest, rows_in_memory_win_over_the_image) {
  set(kOne, "a", "old");
  set(kOne, "b", "cold");
  (void)collect(1);
  flush_and_evict(1);
  set(kOne, "a", "new");
  set(kOne, "c", "hot");
  EXPECT_THAT(rows(kOne),
              UnorderedElementsAre(Pair("a", "new"), Pair("b", "cold"), Pair("c", "hot")));
}

TEST_F(TableTest, an_erased_row_does_not_come_back_from_the_image) {
  set(kOne, "a", "1");
  set(kOne, "b", "2");
  (void)collect(1);
  flush_and_evict(1);
  table_.erase(table_.pane(kOne), "a");
  EXPECT_EQ(get(kOne, "a"), "absent");
  EXPECT_THAT(rows(kOne), ElementsAre(Pair("b", "2")));
  EXPECT_THAT(collect(2), ElementsAre("remove /10/a"));
  table_.evict(Epoch(1));
  EXPECT_EQ(get(kOne, "a"), "absent");
  EXPECT_THAT(rows(kOne), ElementsAre(Pair("b", "2")));
  flush_and_evict(2);
  EXPECT_EQ(get(kOne, "a"), "absent");
}

TEST_F(TableTest, a_row_erased_before_its_pane_went_cold_does_not_come_back) {
  set(kOne, "a", "1");
  set(kOne, "b", "2");
  (void)collect(1);
  table_.erase(table_.pane(kOne), "a");
  (void)collect(2);
  flush_and_evict(1);
  EXPECT_EQ(get(kOne, "a"), "absent");
  EXPECT_THAT(rows(kOne), ElementsAre(Pair("b", "2")));
}

TEST_F(TableTest, upsert_is_null_when_the_image_cannot_be_read) {
  set(kOne, "a", "1");
  (void)collect(1);
  flush_and_evict(1);
  image_.broken = true;
  EXPECT_EQ(table_.upsert(table_.pane(kOne), "a"), nullptr);
  EXPECT_EQ(table_.take_error()->kind(), ErrorKind::kUnavailable);
  const Result<void> read =
      table_.for_each(table_.pane(kOne), [](std::string_view, const std::byte*) {});
  EXPECT_EQ(read.error().kind(), ErrorKind::kUnavailable);
  image_.broken = false;
  EXPECT_EQ(get(kOne, "a"), "1");
}

TEST_F(TableTest, a_damaged_row_is_an_error_and_not_an_empty_row) {
  set(kOne, "a", TextRow::kUnreadable);
  (void)collect(1);
  flush_and_evict(1);
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_EQ(table_.upsert(table_.pane(kOne), "a"), nullptr);
    EXPECT_EQ(table_.take_error()->kind(), ErrorKind::kCorrupt);
  }
  const Result<void> restored =
      table_.restore({.clock = "", .pane = 30, .key = "k"}, TextRow::kUnreadable);
  EXPECT_EQ(restored.error().kind(), ErrorKind::kCorrupt);
}

TEST_F(TableTest, restored_rows_are_clean_and_known_to_be_saved) {
  ASSERT_TRUE(table_.restore({.clock = "CAMP-3", .pane = 5, .key = "a"}, "1").has_value());
  ASSERT_TRUE(table_.restore({.clock = "CAMP-3", .pane = 5, .key = "b"}, "2").has_value());
  const PaneKey pane{.clock = clocks_.intern("CAMP-3"), .end = 5};
  EXPECT_THAT(rows(pane), ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_THAT(collect(8), IsEmpty());
  table_.erase(table_.pane(pane), "a");
  EXPECT_THAT(collect(9), ElementsAre("remove CAMP-3/5/a"));
  table_.drop(pane);
  EXPECT_THAT(collect(10), ElementsAre("remove_pane CAMP-3/5"));
}

TEST_F(TableTest, a_pane_that_was_warmed_is_not_looked_for_in_the_image) {
  set(kOne, "a", "1");
  set(kOne, "b", "2");
  set(kOne, "c", "3");
  collect(1);
  flush_and_evict(1);
  set(kOne, "a", "new");
  table_.erase(table_.pane(kOne), "b");
  // More than may be read: it stays as it is.
  ASSERT_TRUE(table_.warm(table_.pane(kOne), 2));
  std::size_t before = image_.reads;
  EXPECT_EQ(get(kOne, "x"), "absent");
  EXPECT_EQ(image_.reads, before + 1);
  ASSERT_TRUE(table_.warm(table_.pane(kOne), 3));
  before = image_.reads;
  EXPECT_EQ(get(kOne, "x"), "absent");
  EXPECT_EQ(get(kOne, "b"), "absent");
  EXPECT_EQ(get(kOne, "c"), "3");
  EXPECT_EQ(image_.reads, before);
  EXPECT_THAT(rows(kOne), UnorderedElementsAre(Pair("a", "new"), Pair("c", "3")));
  collect(2);
  flush_and_evict(2);
  EXPECT_THAT(rows(kOne), UnorderedElementsAre(Pair("a", "new"), Pair("c", "3")));
}

TEST_F(TableTest, a_pane_restored_cold_reads_its_rows_when_asked) {
  image_.put(table_.id(), {.clock = "", .pane = 10, .key = "a"}, "1");
  image_.close(Epoch(1));
  image_.flush(Epoch(1));
  (void)image_.take_changes();
  ASSERT_TRUE(table_.restore_cold("", 10));
  EXPECT_THAT(table_.panes(), ElementsAre(kOne));
  EXPECT_EQ(get(kOne, "a"), "1");
  table_.drop(kOne);
  EXPECT_THAT(collect(2), ElementsAre("remove_pane /10"));
}

TEST_F(TableTest, panes_are_found_by_clock_and_end) {
  const ClockId camp = clocks_.intern("CAMP-3");
  (void)table_.pane({.clock = camp, .end = -5});
  (void)table_.pane({.clock = camp, .end = 7});
  (void)table_.pane(kTwo);
  EXPECT_EQ(table_.first_pane(camp), (PaneKey{.clock = camp, .end = -5}));
  EXPECT_EQ(table_.first_pane(camp, -4), (PaneKey{.clock = camp, .end = 7}));
  EXPECT_EQ(table_.first_pane(camp, 8), std::nullopt);
  EXPECT_EQ(table_.first_pane(0, 21), std::nullopt);
  EXPECT_EQ(table_.find_pane(kOne), nullptr);
  EXPECT_NE(table_.find_pane(kTwo), nullptr);
}

TEST_F(TableTest, a_pane_of_one_short_row_costs_at_most_300_bytes) {
  constexpr int kPanes = 10'000;
  const std::size_t empty = table_.memory_bytes();
  for (int n = 0; n < kPanes; ++n) set({.clock = 0, .end = n}, "veh-0001", "");
  const std::size_t changed = kPanes * 2 * sizeof(void*);  // the list of panes that changed
  EXPECT_LE(table_.memory_bytes() - empty - changed, 300U * kPanes);
  for (int n = 0; n < kPanes; ++n) table_.drop({.clock = 0, .end = n});
  (void)collect(1);
  EXPECT_LE(table_.memory_bytes(), empty + 64);
}

TEST_F(TableTest, a_row_costs_its_bytes_its_key_and_an_eight_byte_header) {
  Table table({.name = "fleet/counts",
               .codec = std::make_unique<NumberRow>(),
               .clocks = &clocks_,
               .cold = &image_});
  constexpr int kRows = 90'000;  // of 131,072 slots
  Table::Pane& pane = table.pane(kOne);
  const std::size_t empty = table.memory_bytes();
  for (int n = 0; n < kRows; ++n) {
    std::byte* const row = table.upsert(pane, concat("key ", 10'000'000'000 + n));
    ASSERT_NE(row, nullptr);
    NumberRow::set(row, n);
  }
  table.collect(Epoch(1), image_);
  image_.close(Epoch(1));
  const std::size_t dirty = 131'072 * sizeof(void*);  // the pane's list of what changed
  const std::size_t index = 131'072 * sizeof(std::uint64_t);
  const std::size_t last_chunk = 256 * 1024;
  EXPECT_LE(table.memory_bytes() - empty - dirty - index, (8 + 16 + 8) * kRows + last_chunk);
  for (const int n : {0, 1, 44'444, kRows - 1}) {
    EXPECT_EQ(NumberRow::get(table.find(pane, concat("key ", 10'000'000'000 + n))), n);
  }
}

TEST_F(TableTest, keys_of_any_length_are_kept) {
  const std::vector<std::size_t> lengths = {0, 1, 7, 8, 9, 4'094, 4'095, 4'096, 70'000, 300'000};
  std::map<std::string, std::string> expected;
  for (const std::size_t length : lengths) {
    for (const char first : {'a', 'b'}) {
      std::string key(length, 'x');
      if (length > 0) key.back() = first;
      set(kOne, key, concat(first, length));
      expected[key] = concat(first, length);
    }
  }
  EXPECT_EQ(rows(kOne), expected);
  (void)collect(1);
  // Some leave memory, and the others move.
  for (const std::size_t length : {std::size_t{8}, std::size_t{4'095}, std::size_t{70'000}}) {
    std::string key(length, 'x');
    key.back() = 'a';
    set(kOne, key, "again");
    expected[key] = "again";
  }
  flush_and_evict(1);
  (void)collect(2);
  EXPECT_EQ(rows(kOne), expected);
  for (const auto& [key, text] : expected) EXPECT_EQ(get(kOne, key), text);
  for (const auto& [key, text] : expected) table_.erase(table_.pane(kOne), key);
  EXPECT_THAT(rows(kOne), IsEmpty());
}

TEST_F(TableTest, memory_behind_rows_counts_from_the_end_of_the_epoch) {
  set(kOne, "a", "");
  set(kOne, "b", "");
  (void)collect(1);
  const std::size_t before = table_.memory_bytes();
  set(kOne, "a", std::string(100'000, 'x'));
  (void)collect(2);
  const std::size_t grown = table_.memory_bytes() - before;
  EXPECT_GE(grown, 100'000U);
  set(kOne, "b", "short");  // another row does not count it again
  (void)collect(3);
  EXPECT_LT(table_.memory_bytes() - before - grown, 1'000U);
  table_.erase(table_.pane(kOne), "a");
  (void)collect(4);
  EXPECT_LT(table_.memory_bytes(), before + 1'000U + 100'000U);  // what collect writes stays
}

TEST_F(TableTest, rows_that_come_and_go_in_one_pane_do_not_pile_up) {
  std::size_t most = 0;
  for (std::uint64_t epoch = 1; epoch <= 200; ++epoch) {
    for (int n = 0; n < 100; ++n) set(kOne, std::to_string(epoch * 1000 + n), "x");
    (void)collect(epoch);
    for (int n = 0; n < 100; ++n) {
      table_.erase(table_.pane(kOne), std::to_string(epoch * 1000 + n));
    }
    if (epoch > 2) image_.flush(Epoch(epoch - 2));
    most = std::max(most, table_.memory_bytes());
  }
  EXPECT_LT(most, 100'000U);
}

TEST_F(TableTest, filter_passes_what_the_pane_has_and_little_else) {
  constexpr int kRows = 2'800;  // of 4,096 slots: as full as an index becomes
  set(kOne, "0", "before anybody asked");
  const KeyFilter& filter = table_.filter(table_.pane(kOne));
  for (int n = 0; n < kRows; ++n) set(kOne, std::to_string(n), "x");
  for (int n = 0; n < kRows; ++n) EXPECT_TRUE(filter.may_hold(hash_bytes(std::to_string(n)))) << n;
  int passed = 0;
  for (int n = 0; n < 10'000; ++n) passed += filter.may_hold(hash_bytes(concat("absent ", n)));
  EXPECT_LT(passed, 900);
}

TEST_F(TableTest, filter_passes_what_only_the_image_has) {
  const KeyFilter& filter = table_.filter(table_.pane(kOne));
  EXPECT_FALSE(filter.may_hold(hash_bytes("a")));
  set(kOne, "a", "1");
  collect(1);
  flush_and_evict(1);
  EXPECT_TRUE(filter.may_hold(hash_bytes("a")));
  set(kOne, "b", "2");
  collect(2);
  EXPECT_TRUE(filter.may_hold(hash_bytes("a")));
  EXPECT_EQ(get(kOne, "a"), "1");
  ASSERT_TRUE(table_.warm(table_.pane(kOne), 10));
  EXPECT_TRUE(filter.may_hold(hash_bytes("a")));
  EXPECT_TRUE(filter.may_hold(hash_bytes("b")));
  EXPECT_FALSE(filter.may_hold(hash_bytes("c")));
}

/// What the table must hold: pane and key to text.
using Model = std::map<PaneKey, std::map<std::string, std::string>>;

/// Plays random operations on a table and on maps, with an image that lags behind.
class TableOracleTest : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(TableOracleTest, behaves_like_maps_whatever_is_evicted) {
  std::mt19937 random(GetParam());
  const auto below = [&](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  MemoryImage image;
  ClockTable clocks;
  for (const char* name : {"CAMP-1", "CAMP-2"}) (void)clocks.intern(name);
  Table table({.name = "t", .codec = std::make_unique<TextRow>(), .clocks = &clocks,
               .cold = GetParam() % 4 == 0 ? nullptr : &image});
  Model model;
  std::uint64_t epoch = 1;
  std::uint64_t flushed = 0;
  const std::uint32_t keys = GetParam() % 2 == 0 ? 20 : 400;
  for (int step = 0; step < 3'000; ++step) {
    const PaneKey pane{.clock = below(3), .end = static_cast<Micros>(below(4)) - 2};
    const std::string key = std::to_string(below(keys));
    const std::uint32_t dice = below(100);
    if (dice < 50) {
      std::byte* const row = table.upsert(table.pane(pane), key);
      ASSERT_NE(row, nullptr);
      std::string& expected = model[pane][key];
      ASSERT_EQ(TextRow::text(row), expected) << "seed " << GetParam() << " step " << step;
      expected = std::to_string(step);
      TextRow::text(row) = expected;
    } else if (dice < 65) {
      table.erase(table.pane(pane), key);
      model[pane].erase(key);
    } else if (dice < 80) {
      const std::byte* const row = table.find(table.pane(pane), key);
      const auto& rows = model[pane];
      const auto expected = rows.find(key);
      ASSERT_EQ(row != nullptr, expected != rows.end())
          << "seed " << GetParam() << " step " << step;
      if (row != nullptr) {
        ASSERT_EQ(TextRow::text(row), expected->second);
      }
    } else if (dice < 81) {
      // From the first time on it is kept for this pane.
      const KeyFilter& filter = table.filter(table.pane(pane));
      for (const auto& [name, text] : model[pane]) {
        ASSERT_TRUE(filter.may_hold(hash_bytes(name)))
            << name << ", seed " << GetParam() << " step " << step;
      }
    } else if (dice < 82) {
      table.drop(pane);
      model.erase(pane);
    } else if (dice < 85) {
      std::map<std::string, std::string> rows;
      ASSERT_TRUE(table
                      .for_each(table.pane(pane),
                                [&](std::string_view name, const std::byte* row) {
                                  ASSERT_TRUE(rows.emplace(name, TextRow::text(row)).second);
                                })
                      .has_value());
      ASSERT_EQ(rows, model[pane]) << "seed " << GetParam() << " step " << step;
    } else if (dice < 92) {
      table.collect(Epoch(epoch), image);
      image.close(Epoch(epoch));
      ++epoch;
      MemoryImage::Entries expected;
      for (const auto& [at, rows] : model) {
        for (const auto& [name, text] : rows) {
          expected[{table.id(), clocks.name(at.clock), at.end, name}] = text;
        }
      }
      ASSERT_EQ(image.latest(), expected) << "seed " << GetParam() << " step " << step;
    } else if (dice < 96) {
      flushed = std::min(epoch - 1, flushed + below(3));
      image.flush(Epoch(flushed));
    } else {
      table.evict(Epoch(flushed));
    }
    ASSERT_FALSE(table.take_error().has_value());
  }
  for (const PaneKey& pane : table.panes()) table.drop(pane);
  table.collect(Epoch(epoch), image);
  EXPECT_THAT(image.latest(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, TableOracleTest, ::testing::Range(0U, 12U));

}  // namespace
}  // namespace sitrep
