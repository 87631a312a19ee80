// SPDX-License-Identifier: Apache-2.0
#include "engine/api/row_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "tests/unit/api/memory_image.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const Schema kSchema{{{"flag", Type::kBoolean},
                      {"number", Type::kBigint},
                      {"value", Type::kDouble},
                      {"text", Type::kText}}};

class RowQueueTest : public testing::Test {
 protected:
  /// A row whose cells are made of `number`.
  void push(std::int64_t number, Micros time, ClockId clock = 0, bool nulls = false) {
    BatchBuilder builder(kSchema);
    const Value cells[] = {number % 2 == 1, number, static_cast<double>(number) / 4,
                           concat("text ", number)};
    const Value none[] = {Null{}, Null{}, Null{}, Null{}};
    builder.row(nulls ? std::span<const Value>(none) : cells, time, kMinWatermark, clock);
    const ColumnBatch batch = builder.finish();
    const std::uint32_t row[] = {0};
    queue_->push(batch.columns, *batch.meta, row);
  }
  /// What leaves: the cells of each row and its time.
  std::vector<std::string> take(Micros until, ClockId clock = 0) {
    std::vector<RowQueue::Row> rows;
    queue_->take(clock, until, rows);
    Arena arena;
    const std::vector<ColumnPtr> columns = queue_->copy_out(rows, arena);
    std::vector<std::string> out;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      std::string text = concat(rows[row].time, ":");
      for (const ColumnPtr& column : columns) {
        const Value value = column->value(row);
        if (is_null(value)) text += " null";
        if (const auto* flag = std::get_if<bool>(&value)) text += *flag ? " true" : " false";
        if (const auto* number = std::get_if<std::int64_t>(&value)) text += concat(" ", *number);
        if (const auto* real = std::get_if<double>(&value)) text += concat(" ", *real);
        if (const auto* word = std::get_if<std::string>(&value)) text += concat(" '", *word, "'");
      }
      out.push_back(std::move(text));
    }
    return out;
  }
  /// Ends an epoch: the changes, without their values.
  std::vector<std::string> collect() {
    ++epoch_;
    queue_->collect(epoch_, image_);
    image_.close(epoch_);
    image_.flush(epoch_);
    std::vector<std::string> out = image_.take_changes();
    for (std::string& change : out) change = change.substr(0, change.find('='));
    return out;
  }
  void restart(const Schema& schema = kSchema) {
    clocks_ = std::make_unique<ClockTable>();
    queue_ = std::make_unique<RowQueue>("op/held", schema, *clocks_);
    for (const auto& [key, value] : image_.entries()) {
      ASSERT_TRUE(queue_->restore({.clock = std::get<1>(key),
                                   .pane = std::get<2>(key),
                                   .key = std::get<3>(key)},
                                  value));
    }
  }

  MemoryImage image_;
  Epoch epoch_{0};
  std::unique_ptr<ClockTable> clocks_ = std::make_unique<ClockTable>();
  std::unique_ptr<RowQueue> queue_ = std::make_unique<RowQueue>("op/held", kSchema, *clocks_);
};

TEST_F(RowQueueTest, gives_rows_in_order_of_time_and_those_of_one_time_as_they_came) {
  push(1, 20);
  push(2, -5);
  push(3, 20);
  push(4, 30);
  push(5, 7, 0, /*nulls=*/true);
  EXPECT_EQ(queue_->first_time(0), -5);
  EXPECT_THAT(take(20), ElementsAre("-5: false 2 0.5 'text 2'", "7: null null null null",
                                    "20: true 1 0.25 'text 1'", "20: true 3 0.75 'text 3'"));
  EXPECT_EQ(queue_->first_time(0), 30);
  EXPECT_THAT(take(29), IsEmpty());
}

TEST_F(RowQueueTest, what_lies_under_a_null_is_not_looked_at) {
  // As an evaluator leaves it: of a batch before, whose texts may be gone.
  const Value before[] = {true, 7, 7.5, std::string("gone")};
  BatchBuilder builder(kSchema);
  builder.row(before, 5);
  ColumnBatch batch = builder.finish();
  const std::size_t empty = queue_->memory_bytes();
  for (ColumnPtr& column : batch.columns) {
    auto null = std::make_shared<Column>(*column);
    null->set_null(0);
    if (null->type() == Type::kText) null->texts()[0] = {"", std::size_t{1} << 20};
    column = std::move(null);
  }
  const std::uint32_t row[] = {0};
  queue_->push(batch.columns, *batch.meta, row);
  EXPECT_LT(queue_->memory_bytes(), empty + 4'096);
  std::vector<RowQueue::Row> rows;
  queue_->take(0, 5, rows);
  Arena arena;
  const std::vector<ColumnPtr> columns = queue_->copy_out(rows, arena);
  ASSERT_EQ(rows.size(), 1U);
  for (const ColumnPtr& column : columns) EXPECT_TRUE(column->is_null(0));
  EXPECT_EQ(columns[0]->booleans()[0], 0);
  EXPECT_EQ(columns[1]->ints()[0], 0);
  EXPECT_EQ(columns[2]->doubles()[0], 0);
  EXPECT_EQ(columns[3]->texts()[0], "");
}

TEST_F(RowQueueTest, clocks_do_not_mix) {
  const ClockId camp = clocks_->intern("CAMP-3");
  push(1, 10, camp);
  push(2, 5);
  EXPECT_THAT(queue_->clocks(), ElementsAre(0U, camp));
  EXPECT_THAT(take(100), ElementsAre("5: false 2 0.5 'text 2'"));
  EXPECT_THAT(queue_->clocks(), ElementsAre(camp));
  EXPECT_THAT(take(100, camp), ElementsAre("10: true 1 0.25 'text 1'"));
}

TEST_F(RowQueueTest, rows_that_come_and_go_within_an_epoch_leave_no_trace) {
  push(1, 10);
  push(2, 20);
  EXPECT_EQ(take(20).size(), 2U);
  EXPECT_THAT(collect(), IsEmpty());
  EXPECT_EQ(queue_->changed_bytes(), 0U);
}

TEST_F(RowQueueTest, row_is_written_once_however_long_it_waits) {
  push(1, 10);
  push(2, 20);
  push(3, 30);
  EXPECT_GT(queue_->changed_bytes(), 0U);
  EXPECT_THAT(collect(), ElementsAre("put /0/"));
  EXPECT_EQ(queue_->changed_bytes(), 0U);
  EXPECT_THAT(collect(), IsEmpty());
  EXPECT_EQ(take(10).size(), 1U);
  EXPECT_THAT(collect(), ElementsAre("put /-1/"));  // how far rows have left
  EXPECT_EQ(take(15).size(), 0U);
  EXPECT_THAT(collect(), IsEmpty());
  push(4, 40);
  EXPECT_EQ(take(30).size(), 2U);
  // Of the first chunk all have left; the row that came in the meantime needs no word.
  EXPECT_THAT(collect(), ElementsAre("remove /0/", "put /1/", "put /-1/"));
  EXPECT_EQ(take(40).size(), 1U);
  EXPECT_THAT(collect(), ElementsAre("remove /1/", "remove /-1/"));
}

TEST_F(RowQueueTest, restart_brings_back_what_had_not_left) {
  const ClockId camp = clocks_->intern("CAMP-3");
  push(1, 10);
  push(2, 20);
  push(3, 10, camp);
  push(4, 20, camp);
  collect();
  EXPECT_EQ(take(10).size(), 1U);
  push(5, 15);
  EXPECT_EQ(take(100, camp).size(), 2U);  // all of it, ahead of its time
  push(6, 12, camp);
  collect();
  restart();
  push(7, 20);
  EXPECT_THAT(take(100), ElementsAre("15: true 5 1.25 'text 5'", "20: false 2 0.5 'text 2'",
                                     "20: true 7 1.75 'text 7'"));
  EXPECT_THAT(take(100, clocks_->intern("CAMP-3")), ElementsAre("12: false 6 1.5 'text 6'"));
  // A chunk that came back has left whole too.
  EXPECT_THAT(collect(), ElementsAre("remove /0/", "remove /1/", "remove /-1/",
                                     "remove CAMP-3/-1/"));
}

TEST_F(RowQueueTest, rows_behind_chunks_that_are_gone_outlive_two_restarts) {
  const ClockId other = clocks_->intern("other");
  push(1, 10);
  push(2, 1000, other);
  collect();
  push(3, 20);
  collect();
  // The second chunk is gone, and what is said of the clock speaks of chunks below the third.
  EXPECT_EQ(take(30).size(), 2U);
  collect();
  restart();
  push(4, 40);
  collect();
  restart();
  EXPECT_THAT(take(40), ElementsAre("40: false 4 1 'text 4'"));
  EXPECT_THAT(take(1000, clocks_->intern("other")), ElementsAre("1000: false 2 0.5 'text 2'"));
}

TEST_F(RowQueueTest, columns_are_known_by_name_and_type) {
  push(3, 10);
  collect();
  const Schema other{{{"text", Type::kText}, {"number", Type::kDouble}, {"value", Type::kDouble}}};
  restart(other);
  EXPECT_THAT(take(10), ElementsAre("10: 'text 3' null 0.75"));
}

TEST_F(RowQueueTest, thousands_of_rows_are_saved_by_the_hundred) {
  std::vector<std::string> expected;
  for (std::int64_t n = 0; n < 5'000; ++n) push(n, 5'000 - n);
  EXPECT_THAT(collect(), ElementsAre("put /0/", "put /1/", "put /2/", "put /3/", "put /4/"));
  const std::size_t full = queue_->memory_bytes();
  restart();
  const std::vector<std::string> rows = take(10'000);
  ASSERT_EQ(rows.size(), 5'000U);
  for (std::int64_t n = 0; n < 5'000; ++n) {
    const std::int64_t number = 4'999 - n;
    EXPECT_THAT(rows[static_cast<std::size_t>(n)],
                StartsWith(concat(n + 1, ": ", number % 2 == 1 ? "true " : "false ", number)));
  }
  EXPECT_LT(queue_->memory_bytes(), full / 2);
}

TEST_F(RowQueueTest, many_rows_of_one_time_leave_as_they_came) {
  // Within seconds, and years apart: they are sorted in different ways.
  for (const Micros apart : {Micros{1}, Micros{400'000}, Micros{40'000'000'000'000}}) {
    std::vector<std::string> expected;
    for (std::int64_t time = 0; time < 10; ++time) {
      for (std::int64_t n = 9 - time; n < 1'000; n += 10) {
        expected.push_back(concat(time * apart, ": ", n % 2 == 1 ? "true " : "false ", n, " ",
                                  static_cast<double>(n) / 4, " 'text ", n, "'"));
      }
    }
    for (std::int64_t n = 0; n < 1'000; ++n) push(n, (9 - n % 10) * apart);
    EXPECT_EQ(take(9 * apart), expected);
  }
}

TEST_F(RowQueueTest, numbers_and_times_at_their_ends_come_back) {
  constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();
  const Schema schema{{{"number", Type::kBigint},
                       {"time", Type::kTimestamp},
                       {"length", Type::kInterval},
                       {"value", Type::kDouble},
                       {"text", Type::kText}}};
  BatchBuilder builder(schema);
  std::vector<std::uint32_t> all;
  std::vector<std::vector<Value>> rows;
  const std::int64_t numbers[] = {0, kHigh, -1, kLow, 1'764'000'000'000'000};
  const Micros times[] = {-5, kHigh - 1, kLow + 1, 0, 1'764'000'000'000'000};
  for (const Micros time : times) {
    for (const std::int64_t number : numbers) {
      rows.push_back({number, number, number, static_cast<double>(number) / 3,
                      std::string(static_cast<std::size_t>(number & 0x1ff), 'x')});
      builder.row(rows.back(), time);
      all.push_back(static_cast<std::uint32_t>(all.size()));
    }
  }
  const ColumnBatch batch = builder.finish();
  queue_ = std::make_unique<RowQueue>("op/held", schema, *clocks_);
  queue_->push(batch.columns, *batch.meta, all);
  collect();
  restart(schema);
  std::vector<RowQueue::Row> taken;
  queue_->take(0, kHigh, taken);
  ASSERT_EQ(taken.size(), rows.size());
  Arena arena;
  const std::vector<ColumnPtr> columns = queue_->copy_out(taken, arena);
  for (std::size_t n = 0; n < taken.size(); ++n) {
    // Rows of one time come one behind the other, in the order of the times above once sorted.
    const std::size_t order[] = {2, 0, 3, 4, 1};
    const std::vector<Value>& expected = rows[order[n / 5] * 5 + n % 5];
    EXPECT_EQ(taken[n].time, times[order[n / 5]]);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      EXPECT_EQ(columns[i]->value(n), expected[i]) << "row " << n << ", column " << i;
    }
  }
}

TEST_F(RowQueueTest, more_columns_than_bits_of_a_word_keep_their_nulls) {
  Schema schema;
  std::vector<Value> cells;
  for (int i = 0; i < 130; ++i) {
    schema.fields.push_back({concat("c", i), Type::kBigint});
    cells.push_back(i % 3 == 0 ? Value(Null{}) : Value(std::int64_t{i}));
  }
  const ColumnBatch batch = BatchBuilder(schema).row(cells, 5).finish();
  queue_ = std::make_unique<RowQueue>("op/held", schema, *clocks_);
  const std::uint32_t row[] = {0};
  queue_->push(batch.columns, *batch.meta, row);
  collect();
  restart(schema);
  std::vector<RowQueue::Row> taken;
  queue_->take(0, 5, taken);
  Arena arena;
  std::vector<Value> back;
  for (const ColumnPtr& column : queue_->copy_out(taken, arena)) back.push_back(column->value(0));
  EXPECT_EQ(back, cells);
}

TEST_F(RowQueueTest, what_is_no_saved_row_is_refused) {
  push(1, 10);
  collect();
  const std::string good = image_.entries().begin()->second;
  const auto error_of = [&](Micros pane, std::string_view value) {
    RowQueue queue("op/held", kSchema, *clocks_);
    const Result<void> restored = queue.restore({.clock = "", .pane = pane, .key = ""}, value);
    return restored ? std::string("none") : restored.error().message();
  };
  EXPECT_EQ(error_of(0, good), "none");
  for (std::size_t size = 0; size < good.size(); ++size) {
    // Whole rows, or none, may stand behind what says which columns there are.
    if (error_of(0, std::string_view(good).substr(0, size)) == "none") {
      EXPECT_EQ(size, 4U + 4 * 5 + 4 + 4) << "bytes";
    }
  }
  EXPECT_THAT(error_of(0, good + "x"), HasSubstr("damaged"));
  EXPECT_THAT(error_of(-7, good), HasSubstr("where none are"));
  EXPECT_THAT(error_of(-1, "short"), HasSubstr("damaged"));
}

}  // namespace
}  // namespace sitrep
