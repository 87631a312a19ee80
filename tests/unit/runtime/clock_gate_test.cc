// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/clock_gate.h"

#include <gmock/gmock.h>

#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Micros kSecond = kMicrosPerSecond;

class ClockGateTest : public testing::Test {
 protected:
  ClockGate make(std::size_t inputs) {
    return ClockGate(
        {.name = "n/gate", .inputs = inputs, .grace = 30 * kSecond, .clocks = &clocks_});
  }
  std::vector<std::string> update(ClockGate& gate, std::size_t input, Micros watermark, Micros now,
                                  bool idle = false) {
    const ClockReading reading{.clock = 0, .watermark = watermark * kSecond, .idle = idle};
    std::vector<ClockReading> changed;
    gate.update(input, {&reading, 1}, now * kSecond, changed);
    return text_of(changed, clocks_);
  }
  std::vector<std::string> tick(ClockGate& gate, Micros now) {
    std::vector<ClockReading> changed;
    gate.tick(now * kSecond, changed);
    return text_of(changed, clocks_);
  }

  ClockTable clocks_;
};

TEST_F(ClockGateTest, one_input_goes_through) {
  ClockGate gate = make(1);
  EXPECT_FALSE(gate.merges());
  EXPECT_THAT(update(gate, 0, 10, 0), ElementsAre(": 10s"));
  EXPECT_EQ(gate.watermark(0), 10 * kSecond);
}

TEST_F(ClockGateTest, several_inputs_give_their_minimum) {
  ClockGate gate = make(2);
  EXPECT_THAT(update(gate, 0, 10, 0), ElementsAre(": none"));
  EXPECT_THAT(update(gate, 1, 4, 0), ElementsAre(": 4s"));
  EXPECT_THAT(update(gate, 0, 20, 0), IsEmpty());
  EXPECT_THAT(update(gate, 1, 15, 0), ElementsAre(": 15s"));
  EXPECT_THAT(update(gate, 1, 30, 0), ElementsAre(": 20s"));
}

TEST_F(ClockGateTest, an_idle_input_is_left_out_and_comes_back_without_moving_time_back) {
  ClockGate gate = make(2);
  update(gate, 0, 10, 0);
  update(gate, 1, 4, 0);
  EXPECT_THAT(update(gate, 1, 4, 40, /*idle=*/true), ElementsAre(": 10s"));
  EXPECT_THAT(update(gate, 1, 5, 50), IsEmpty());
  EXPECT_EQ(gate.watermark(0), 10 * kSecond);
  EXPECT_THAT(update(gate, 0, 20, 50), IsEmpty());
  EXPECT_THAT(update(gate, 1, 12, 60), ElementsAre(": 12s"));
}

TEST_F(ClockGateTest, an_input_that_never_spoke_is_waited_for_until_the_grace_is_over) {
  ClockGate gate = make(2);
  EXPECT_THAT(update(gate, 0, 10, 100), ElementsAre(": none"));
  EXPECT_THAT(tick(gate, 129), IsEmpty());
  EXPECT_THAT(tick(gate, 130), ElementsAre(": 10s"));
  EXPECT_THAT(update(gate, 0, 11, 131), ElementsAre(": 11s"));
}

TEST_F(ClockGateTest, with_every_input_idle_it_goes_with_those_that_go_on) {
  ClockGate gate = make(3);
  update(gate, 0, 10, 0);
  update(gate, 1, 4, 0);
  const ClockReading never_had_a_row{.clock = 0, .watermark = kMinWatermark, .idle = true};
  std::vector<ClockReading> changed;
  gate.update(2, {&never_had_a_row, 1}, 0, changed);
  EXPECT_THAT(update(gate, 1, 4, 40, /*idle=*/true), ElementsAre(": 10s"));
  EXPECT_THAT(update(gate, 0, 10, 40, /*idle=*/true), ElementsAre(": 10s idle"));
  // Input 2 never goes on: the others do not wait for it.
  EXPECT_THAT(update(gate, 0, 610, 640, /*idle=*/true), ElementsAre(": 610s idle"));
  EXPECT_THAT(update(gate, 1, 604, 640, /*idle=*/true), IsEmpty());
  EXPECT_THAT(update(gate, 1, 700, 740, /*idle=*/true), IsEmpty());
  EXPECT_THAT(update(gate, 0, 710, 740, /*idle=*/true), ElementsAre(": 700s idle"));
}

// Inputs 0 and 1 are two ways of one source, so each stands where the row's own clock does.
TEST_F(ClockGateTest, rows_of_inputs_that_move_together_are_judged_by_the_others) {
  ClockGate gate = make(3);
  BatchBuilder rows({{{"k", Type::kText}}});
  const Value cell[] = {"a"};
  for (const Micros second : {20, 40, 60}) rows.row(cell, 0, second * kSecond);
  const ColumnBatch batch = rows.finish();
  const std::size_t together[] = {0, 1};
  const auto judged = [&] { return gate.adjust(together, batch).meta->watermark; };
  EXPECT_THAT(judged(), ElementsAre(kMinWatermark, kMinWatermark, kMinWatermark));
  update(gate, 0, 20, 0);
  update(gate, 1, 20, 0);
  update(gate, 2, 50, 0);
  EXPECT_THAT(judged(), ElementsAre(20 * kSecond, 40 * kSecond, 50 * kSecond));
  const std::size_t alone[] = {0};
  EXPECT_THAT(gate.adjust(alone, batch).meta->watermark,
              ElementsAre(20 * kSecond, 20 * kSecond, 20 * kSecond));
}

TEST_F(ClockGateTest, rows_of_inputs_that_are_all_there_is_keep_their_watermarks) {
  ClockGate gate = make(2);
  BatchBuilder rows({{{"k", Type::kText}}});
  const Value cell[] = {"a"};
  for (const Micros second : {20, 40}) rows.row(cell, 0, second * kSecond);
  const std::size_t together[] = {0, 1};
  EXPECT_THAT(gate.adjust(together, rows.finish()).meta->watermark,
              ElementsAre(20 * kSecond, 40 * kSecond));
}

}  // namespace
}  // namespace sitrep
