// SPDX-License-Identifier: Apache-2.0
#include "operators/union_by_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/text.h"
#include "tests/unit/operators/operator_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

const Schema kRow{{{"name", Type::kText}, {"n", Type::kBigint}}};

/// "name" at `time`, on `clock`; n is the number of the row in its batch, null for the first.
ColumnBatch batch_of(const std::vector<std::tuple<std::string, Micros, ClockId>>& rows) {
  BatchBuilder builder(kRow);
  std::int64_t n = 0;
  for (const auto& [name, time, clock] : rows) {
    const Value cells[] = {name.empty() ? Value(Null{}) : Value(name),
                           n == 0 ? Value(Null{}) : Value(n)};
    builder.row(cells, time, /*watermark=*/time + 1, clock);
    ++n;
  }
  return builder.finish();
}

/// "time clock: cells" of what came out.
std::vector<std::string> lines_of(const KeptRows& out) {
  std::vector<std::string> lines;
  for (const KeptRows::Row& row : out.rows) {
    lines.push_back(concat(row.event_time, " ", row.clock, ": ", row.text));
  }
  return lines;
}

class UnionByTimeTest : public testing::Test {
 protected:
  static std::unique_ptr<Operator> make() {
    return std::make_unique<UnionByTime>(UnionByTime::Options{.row = kRow});
  }
  void process(const ColumnBatch& batch) { ASSERT_TRUE(merged_.op().process(batch, out_)); }
  /// What has come out since the last time.
  std::vector<std::string> lines() {
    std::vector<std::string> lines = lines_of(out_);
    out_.rows.clear();
    return lines;
  }

  KeptRows out_;
  OperatorRun merged_{[] { return make(); }, {"CAMP-03"}};
};

TEST_F(UnionByTimeTest, rows_go_out_by_event_time_when_the_epoch_ends) {
  process(batch_of({{"hot", 2, 0}, {"hot", 7, 1}, {"hot", 4, 0}}));
  process(batch_of({{"link", 1, 0}, {"link", 5, 1}}));
  EXPECT_THAT(lines(), IsEmpty());
  merged_.end_epoch(out_);
  EXPECT_THAT(lines(), ElementsAre("1 0: link,null", "2 0: hot,null", "4 0: hot,2", "5 1: link,1",
                                   "7 1: hot,1"));
}

TEST_F(UnionByTimeTest, rows_of_one_time_stay_in_the_order_in_which_they_came) {
  process(batch_of({{"a", 2, 0}, {"b", 1, 0}, {"c", 2, 0}}));
  process(batch_of({{"d", 1, 0}, {"", 2, 0}, {"f", 1, 0}}));
  merged_.end_epoch(out_);
  EXPECT_THAT(lines(), ElementsAre("1 0: b,1", "1 0: d,null", "1 0: f,2", "2 0: a,null", "2 0: c,2",
                                   "2 0: null,1"));
}

TEST_F(UnionByTimeTest, an_epoch_begins_with_nothing) {
  process(batch_of({{"a", 5, 0}}));
  merged_.end_epoch(out_);
  EXPECT_THAT(lines(), ElementsAre("5 0: a,null"));
  merged_.end_epoch(out_);
  EXPECT_THAT(lines(), IsEmpty());
  process(batch_of({{"b", 3, 0}}));
  merged_.end_epoch(out_);
  EXPECT_THAT(lines(), ElementsAre("3 0: b,null"));
}

TEST_F(UnionByTimeTest, only_rows_that_count_are_kept) {
  ColumnBatch batch = batch_of({{"a", 3, 0}, {"b", 2, 0}, {"c", 1, 0}});
  batch.selection = Selection(3, {0, 2});
  process(batch);
  merged_.end_epoch(out_);
  EXPECT_THAT(lines(), ElementsAre("1 0: c,2", "3 0: a,null"));
}

TEST_F(UnionByTimeTest, no_row_says_that_it_is_late) {
  process(batch_of({{"a", 3, 0}, {"b", 2, 0}}));
  merged_.end_epoch(out_);
  EXPECT_THAT(out_.rows, ElementsAre(Field(&KeptRows::Row::watermark, kMinWatermark),
                                     Field(&KeptRows::Row::watermark, kMinWatermark)));
}

TEST_F(UnionByTimeTest, a_restart_brings_nothing_back) {
  process(batch_of({{"a", 3, 0}}));
  merged_.restart(/*cold=*/false);
  merged_.end_epoch(out_);
  EXPECT_THAT(lines(), IsEmpty());
  EXPECT_EQ(merged_.image_entries(), 0u);
}

TEST(UnionByTime, many_rows_go_out_before_the_epoch_ends) {
  KeptRows out;
  const UnionByTime::Options options{.row = kRow, .kept_bytes_max = 200};
  OperatorRun merged([&] { return std::make_unique<UnionByTime>(options); }, {});
  ASSERT_TRUE(merged.op().process(batch_of({{"a", 6, 0}}), out));
  EXPECT_THAT(lines_of(out), IsEmpty());
  ASSERT_TRUE(merged.op().process(batch_of({{std::string(150, 'x'), 4, 0}, {"b", 8, 0}}), out));
  const std::string longest = concat("4 0: ", std::string(150, 'x'), ",null");
  EXPECT_THAT(lines_of(out), ElementsAre(longest, "6 0: a,null", "8 0: b,1"));
  ASSERT_TRUE(merged.op().process(batch_of({{"c", 7, 0}}), out));
  merged.end_epoch(out);
  EXPECT_THAT(lines_of(out), ElementsAre(longest, "6 0: a,null", "8 0: b,1", "7 0: c,null"));
}

TEST(UnionByTime, rows_that_belong_together_stay_in_their_order) {
  KeptRows out;
  const UnionByTime::Options options{.row = kRow, .together = {0}};
  OperatorRun merged([&] { return std::make_unique<UnionByTime>(options); }, {});
  // The second row of a goes back in time behind its first, and so does its fourth.
  ASSERT_TRUE(merged.op().process(batch_of({{"a", 5, 0}, {"a", 3, 0}, {"a", 7, 0}, {"a", 6, 0}}),
                                  out));
  ASSERT_TRUE(merged.op().process(batch_of({{"b", 4, 0}, {"b", 6, 0}, {"b", 8, 0}}), out));
  merged.end_epoch(out);
  EXPECT_THAT(lines_of(out), ElementsAre("4 0: b,null", "5 0: a,null", "3 0: a,1", "6 0: b,1",
                                         "7 0: a,2", "6 0: a,3", "8 0: b,2"));
  // What is out is no matter of the next epoch.
  out.rows.clear();
  ASSERT_TRUE(merged.op().process(batch_of({{"a", 4, 0}}), out));
  ASSERT_TRUE(merged.op().process(batch_of({{"b", 5, 0}, {"b", 3, 0}}), out));
  merged.end_epoch(out);
  EXPECT_THAT(lines_of(out), ElementsAre("4 0: a,null", "5 0: b,null", "3 0: b,1"));
}

}  // namespace
}  // namespace sitrep
