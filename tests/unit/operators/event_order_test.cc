// SPDX-License-Identifier: Apache-2.0
// Rows in order against a loop that takes them one by one: rows of several clocks in any order,
// some of one time, some late, clocks that go idle, batches, epochs and restarts anywhere.
#include "operators/event_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "tests/unit/operators/operator_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Schema& schema() {
  static const Schema kSchema{{{"id", Type::kBigint}, {"unread", Type::kText}, {"t", Type::kText}}};
  return kSchema;
}

OperatorRun make_run(bool emit_late = true) {
  return {[emit_late] {
            return std::make_unique<EventOrder>(
                EventOrder::Options{.input = schema(), .read = {0, 2}, .emit_late = emit_late});
          },
          {"north", "south"}};
}

struct InputRow {
  std::int64_t id = 0;
  Micros time = 0;
  ClockId clock = 0;
};

enum class After { kNothing, kIdle, kEpoch, kRestart };

struct Arrival {
  InputRow row;
  std::optional<After> after;  // nullopt: the batch goes on
};

/// Row by row, from the definition.
class Oracle {
 public:
  void take(const InputRow& row, Micros watermark) {
    move(row.clock, watermark);
    if (row.time < watermark) {
      late.push_back(concat(row.id));
    } else if (row.time == watermark) {
      put_out(row, row.time, false);
    } else {
      held_.push_back(row);
    }
  }
  void move(ClockId clock, Micros watermark) {
    for (const InputRow& row : take_up_to(clock, watermark)) put_out(row, row.time - 1, false);
  }
  void go_idle(ClockId clock, Micros watermark) {
    for (const InputRow& row : take_up_to(clock, std::numeric_limits<Micros>::max())) {
      put_out(row, watermark, true);
    }
  }

  std::vector<std::string> rows;
  std::vector<std::string> late;

 private:
  std::vector<InputRow> take_up_to(ClockId clock, Micros until) {
    std::vector<InputRow> out;
    std::erase_if(held_, [&](const InputRow& row) {
      if (row.clock != clock || row.time > until) return false;
      out.push_back(row);
      return true;
    });
    std::ranges::stable_sort(out, {}, &InputRow::time);
    return out;
  }
  void put_out(const InputRow& row, Micros watermark, bool ahead) {
    rows.push_back(concat(row.id, " of ", row.clock, " at ", row.time, " behind ", watermark,
                          ahead ? " ahead" : ""));
  }

  std::vector<InputRow> held_;
};

class EventOrderOracleTest : public testing::TestWithParam<unsigned> {};

TEST_P(EventOrderOracleTest, rows_go_out_as_if_they_came_one_by_one) {
  std::mt19937 random(GetParam());
  const auto below = [&](std::int64_t limit) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
  };
  const Micros out_of_orderness = below(2) * below(12);
  const std::int64_t clocks = 1 + below(3);
  const std::int64_t count = 5 + below(200);
  const bool is_cut_small = below(2) == 0;
  Oracle oracle;
  OperatorRun run = make_run();
  KeptRows out;
  BatchBuilder builder(schema());
  std::vector<Micros> watermarks(3, kMinWatermark);
  Micros now = 0;
  for (std::int64_t id = 0; id < count; ++id) {
    now += below(3);
    const InputRow row{.id = id,
                       .time = now - below(2) * below(out_of_orderness + 3),
                       .clock = static_cast<ClockId>(below(clocks))};
    Micros& watermark = watermarks[row.clock];
    const Value cells[] = {row.id, "unread", concat("text ", row.id)};
    builder.row(cells, row.time, watermark, row.clock);
    oracle.take(row, watermark);
    watermark = std::max(watermark, row.time - out_of_orderness);
    if (id + 1 < count && below(is_cut_small ? 2 : 20) != 0) continue;
    const auto after = static_cast<After>(below(4));
    ASSERT_TRUE(run.op().process(builder.finish(), out));
    const ClockId idle = after == After::kIdle ? row.clock : 9;
    std::vector<ClockReading> readings;
    for (ClockId clock = 0; clock < 3; ++clock) {
      readings.push_back(
          {.clock = clock, .watermark = watermarks[clock], .idle = clock == idle});
      oracle.move(clock, watermarks[clock]);
      if (clock == idle) oracle.go_idle(clock, watermarks[clock]);
    }
    ASSERT_TRUE(run.op().advance(readings, out));
    if (after == After::kEpoch || after == After::kRestart) run.end_epoch(out);
    if (after != After::kRestart) continue;
    run.restart(/*cold=*/below(2) == 0);
    ASSERT_TRUE(run.op().advance(readings, out));
  }
  ASSERT_TRUE(run.op().finish(out));
  for (ClockId clock = 0; clock < 3; ++clock) oracle.go_idle(clock, watermarks[clock]);

  std::vector<std::string> rows;
  for (const KeptRows::Row& row : out.rows) {
    const std::string id = row.text.substr(0, row.text.find(','));
    EXPECT_EQ(row.text, concat(id, ",null,text ", id));
    rows.push_back(concat(id, " of ", row.clock, " at ", row.event_time, " behind ",
                          row.watermark, row.ahead ? " ahead" : ""));
  }
  EXPECT_EQ(rows, oracle.rows);
  std::vector<std::string> late;
  for (const KeptRows::Row& row : out.late) late.push_back(row.text.substr(0, row.text.find(',')));
  EXPECT_EQ(late, oracle.late);
  EXPECT_EQ(run.counted("late_rows"), oracle.late.size());
  // Nothing is left behind.
  run.end_epoch(out);
  EXPECT_EQ(run.image_entries(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EventOrderOracleTest, testing::Range(1U, 401U));

std::vector<std::string> texts_of(const std::vector<KeptRows::Row>& rows) {
  std::vector<std::string> out;
  for (const KeptRows::Row& row : rows) out.push_back(row.text);
  return out;
}

TEST(EventOrder, holds_the_watermark_back_while_rows_wait) {
  OperatorRun run = make_run();
  BatchBuilder builder(schema());
  const Value cells[] = {std::int64_t{1}, "x", "a"};
  KeptRows out;
  ASSERT_TRUE(run.op().process(builder.row(cells, 10).finish(), out));
  EXPECT_THAT(out.rows, IsEmpty());
  EXPECT_EQ(run.op().output_watermark(0, 7), 7);
  EXPECT_EQ(run.op().output_watermark(0, 12), 10);
  const ClockReading reading{.clock = 0, .watermark = 12, .idle = false};
  ASSERT_TRUE(run.op().advance({&reading, 1}, out));
  EXPECT_THAT(texts_of(out.rows), ElementsAre("1,null,a"));
  EXPECT_EQ(run.op().output_watermark(0, 12), 12);
}

TEST(EventOrder, late_rows_go_out_whole_or_are_only_counted) {
  for (const bool emit_late : {true, false}) {
    OperatorRun run = make_run(emit_late);
    BatchBuilder builder(schema());
    const Value late[] = {std::int64_t{7}, "x", "late"};
    const Value on_time[] = {std::int64_t{8}, "x", "on time"};
    builder.row(late, 10, 11).row(on_time, 11, 11);
    KeptRows out;
    ASSERT_TRUE(run.op().process(builder.finish(), out));
    EXPECT_THAT(texts_of(out.rows), ElementsAre("8,null,on time"));
    EXPECT_EQ(texts_of(out.late),
              emit_late ? std::vector<std::string>{"7,x,late"} : std::vector<std::string>{});
    EXPECT_EQ(run.counted("late_rows"), 1U);
  }
}

TEST(EventOrder, forgotten_clock_begins_anew) {
  OperatorRun run = make_run();
  BatchBuilder builder(schema());
  const auto play_row = [&](std::int64_t id, Micros time, Micros watermark) {
    const Value cells[] = {id, "x", "t"};
    KeptRows out;
    EXPECT_TRUE(run.op().process(builder.row(cells, time, watermark, 1).finish(), out));
    return texts_of(out.rows);
  };
  KeptRows out;
  EXPECT_THAT(play_row(1, 100, 50), IsEmpty());
  run.end_epoch(out);
  ASSERT_TRUE(run.op().forget(1, out));
  EXPECT_THAT(texts_of(out.rows), ElementsAre("1,null,t"));
  // Time begins anew before what had left.
  EXPECT_THAT(play_row(2, 20, kMinWatermark), IsEmpty());
  run.end_epoch(out);
  run.restart(/*cold=*/false);
  EXPECT_THAT(play_row(3, 30, 25), ElementsAre("2,null,t"));
}

/// An alert was taken out of the job, and another one put in when the clock had long gone on.
TEST(EventOrder, rows_that_their_clock_has_passed_at_a_restart_are_dropped_and_counted) {
  OperatorRun run = make_run();
  BatchBuilder builder(schema());
  const Value old[] = {std::int64_t{1}, "x", "old"};
  const Value mine[] = {std::int64_t{2}, "x", "mine"};
  KeptRows out;
  ASSERT_TRUE(run.op().process(builder.row(old, 10).row(mine, 60).finish(), out));
  run.end_epoch(out);
  run.restart(/*cold=*/false);
  const ClockReading reading{.clock = 0, .watermark = 50, .idle = false};
  ASSERT_TRUE(run.op().advance({&reading, 1}, out));
  EXPECT_THAT(out.rows, IsEmpty());
  EXPECT_EQ(run.counted("stale_rows"), 1U);
  ASSERT_TRUE(run.op().finish(out));
  EXPECT_THAT(texts_of(out.rows), ElementsAre("2,null,mine"));
  EXPECT_THAT(out.late, IsEmpty());
}

TEST(EventOrder, many_held_rows_go_out_in_parts_that_keep_the_order) {
  OperatorRun run = make_run();
  BatchBuilder builder(schema());
  const std::int64_t count = 10'000;
  std::vector<std::string> expected;
  for (std::int64_t id = 0; id < count; ++id) {
    const Value cells[] = {id, "x", "t"};
    builder.row(cells, count - id);
    expected.push_back(concat(count - 1 - id, ",null,t"));
  }
  KeptRows out;
  ASSERT_TRUE(run.op().process(builder.finish(), out));
  run.end_epoch(out);
  run.restart(/*cold=*/false);
  ASSERT_TRUE(run.op().finish(out));
  EXPECT_EQ(texts_of(out.rows), expected);
}

}  // namespace
}  // namespace sitrep
