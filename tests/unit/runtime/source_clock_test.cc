// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/source_clock.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Micros kSecond = kMicrosPerSecond;

/// Keeps the last value of each clock.
class KeptChanges final : public ChangeSink {
 public:
  void put(StoreId, const StateKey& key, std::string_view value) override {
    values[std::string(key.clock)] = value;
  }
  void remove(StoreId, const StateKey&) override {}
  void remove_pane(StoreId, std::string_view, Micros) override {}

  std::map<std::string, std::string> values;
};

class SourceClockTest : public testing::Test {
 protected:
  SourceClock make(TimePlan plan) { return {"s/t/clock", plan, clocks_, /*started=*/0}; }
  /// Rows of `clock` at these seconds, read at `now` seconds; the readings that changed.
  std::vector<std::string> batch(SourceClock& clock, ClockId id, std::vector<Micros> seconds,
                                 Micros now) {
    for (const Micros second : seconds) clock.observe(id, second * kSecond);
    std::vector<ClockReading> changed;
    clock.end_batch(now * kSecond, changed);
    return text_of(changed, clocks_);
  }
  std::vector<std::string> tick(SourceClock& clock, Micros now) {
    std::vector<ClockReading> changed;
    clock.tick(now * kSecond, changed);
    return text_of(changed, clocks_);
  }

  ClockTable clocks_;
};

TEST_F(SourceClockTest, stands_behind_the_largest_time_and_never_goes_back) {
  SourceClock clock = make({.clock_column = std::nullopt, .out_of_orderness = 5 * kSecond});
  EXPECT_EQ(clock.observe(0, 100 * kSecond), kMinWatermark);
  EXPECT_EQ(clock.observe(0, 90 * kSecond), 95 * kSecond);
  EXPECT_EQ(clock.observe(0, 101 * kSecond), 95 * kSecond);
  EXPECT_EQ(clock.observe(0, 0), 96 * kSecond);
  std::vector<ClockReading> changed;
  clock.end_batch(0, changed);
  EXPECT_THAT(text_of(changed, clocks_), ElementsAre(": 96s"));
}

TEST_F(SourceClockTest, each_key_group_has_its_own) {
  SourceClock clock = make({.clock_column = 0});
  const ClockId a = clocks_.intern("A");
  const ClockId b = clocks_.intern("B");
  EXPECT_THAT(clock.readings(), IsEmpty());
  EXPECT_THAT(batch(clock, a, {10, 30}, 1), ElementsAre("A: 30s"));
  EXPECT_THAT(batch(clock, b, {7}, 2), ElementsAre("B: 7s"));
  EXPECT_THAT(text_of(clock.readings(), clocks_), ElementsAre("A: 30s", "B: 7s"));
}

TEST_F(SourceClockTest, silence_makes_it_idle_and_a_row_wakes_it) {
  SourceClock clock = make({.clock_column = std::nullopt, .idle_after = 30 * kSecond});
  EXPECT_THAT(batch(clock, 0, {100}, 10), ElementsAre(": 100s"));
  EXPECT_THAT(tick(clock, 39), IsEmpty());
  EXPECT_THAT(tick(clock, 40), ElementsAre(": 100s idle"));
  EXPECT_THAT(tick(clock, 50), IsEmpty());
  EXPECT_THAT(batch(clock, 0, {90}, 60), ElementsAre(": 100s"));
  EXPECT_THAT(tick(clock, 89), IsEmpty());
  EXPECT_THAT(tick(clock, 90), ElementsAre(": 100s idle"));
}

TEST_F(SourceClockTest, a_partition_that_never_spoke_goes_idle_from_the_start) {
  SourceClock clock = make({.clock_column = std::nullopt, .idle_after = 30 * kSecond});
  EXPECT_THAT(tick(clock, 29), IsEmpty());
  EXPECT_THAT(tick(clock, 30), ElementsAre(": none idle"));
}

TEST_F(SourceClockTest, idle_after_never_is_never) {
  SourceClock clock = make({.clock_column = std::nullopt, .idle_after = TimePlan::kNever});
  EXPECT_THAT(tick(clock, 1'000'000), IsEmpty());
}

TEST_F(SourceClockTest, an_idle_clock_goes_on_by_processing_time_when_asked_to) {
  SourceClock clock =
      make({.clock_column = std::nullopt, .idle_after = 30 * kSecond, .idle_close = 60 * kSecond});
  batch(clock, 0, {100}, 10);
  EXPECT_THAT(tick(clock, 40), ElementsAre(": 100s idle"));
  EXPECT_THAT(tick(clock, 69), IsEmpty());
  EXPECT_THAT(tick(clock, 70), ElementsAre(": 160s idle"));
  EXPECT_THAT(batch(clock, 0, {120}, 71), ElementsAre(": 160s"));
}

TEST_F(SourceClockTest, its_watermarks_survive_a_restart) {
  SourceClock clock = make({.clock_column = 0});
  batch(clock, clocks_.intern("A"), {10, 30}, 1);
  batch(clock, clocks_.intern("B"), {7}, 1);
  KeptChanges kept;
  clock.collect(Epoch(1), kept);
  batch(clock, clocks_.intern("B"), {8}, 2);
  clock.collect(Epoch(2), kept);
  KeptChanges nothing;
  clock.collect(Epoch(3), nothing);
  EXPECT_THAT(nothing.values, IsEmpty());

  SourceClock again = make({.clock_column = 0});
  for (const auto& [name, value] : kept.values) {
    ASSERT_TRUE(again.restore({.clock = name, .pane = 0, .key = {}}, value));
  }
  EXPECT_EQ(again.observe(clocks_.intern("A"), 0), 30 * kSecond);
  EXPECT_EQ(again.observe(clocks_.intern("B"), 0), 8 * kSecond);
  EXPECT_EQ(again.restore({.clock = "A", .pane = 0, .key = {}}, "short").error(),
            corrupt("a saved watermark has 5 bytes instead of 8"));
}

}  // namespace
}  // namespace sitrep
