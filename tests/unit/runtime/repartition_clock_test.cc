// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/repartition_clock.h"

#include <gmock/gmock.h>

#include <array>
#include <map>

#include "engine/state/delta.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Texts = std::vector<std::string>;

constexpr Micros kSecond = kMicrosPerSecond;

class RepartitionClockTest : public testing::Test {
 protected:
  static TaskId sender(std::int32_t partition) {
    return {.stage = stage_id("telemetry"), .partition = PartitionId(partition)};
  }
  ClockWord word(std::string_view clock, std::int64_t seconds) {
    return {.clock = clocks_.intern(clock), .watermark = seconds * kSecond};
  }
  Texts hear(std::int32_t from, std::vector<ClockWord> words, bool settled = false) {
    RepartitionRecord record{.sender = sender(from),
                             .rows = ColumnBatch(),
                             .words = std::move(words),
                             .settled = settled};
    last_ = clock_.hear(record);
    return text_of(last_.moved, clocks_);
  }
  Texts readings() { return text_of(clock_.readings(), clocks_); }

  ClockTable clocks_;
  const std::array<TaskId, 2> senders_ = {sender(0), sender(1)};
  RepartitionClock clock_{"cut/topic/senders", senders_, clocks_};
  RepartitionClock::Changes last_;
};

TEST_F(RepartitionClockTest, one_that_never_spoke_holds_everything_back) {
  EXPECT_THAT(hear(0, {word("", 20)}), ElementsAre(": none"));
  EXPECT_THAT(hear(1, {word("", 5)}), ElementsAre(": 5s"));
  EXPECT_THAT(hear(1, {word("", 30)}), ElementsAre(": 20s"));
  EXPECT_FALSE(clock_.settled());
}

TEST_F(RepartitionClockTest, one_that_never_spoke_of_a_clock_is_waited_for_until_it_is_settled) {
  EXPECT_THAT(hear(0, {word("C1", 20)}), ElementsAre("C1: none"));
  EXPECT_THAT(hear(1, {word("C2", 7)}), ElementsAre("C2: none"));
  EXPECT_THAT(hear(1, {}, true), ElementsAre("C1: 20s"));
  EXPECT_THAT(hear(0, {}, true), ElementsAre("C2: 7s"));
  EXPECT_TRUE(clock_.settled());
}

TEST_F(RepartitionClockTest, idle_and_finished_ones_are_left_out) {
  hear(0, {word("", 20)});
  hear(1, {word("", 5)});
  ClockWord idle = word("", 5);
  idle.idle = true;
  EXPECT_THAT(hear(1, {idle}), ElementsAre(": 20s"));
  ClockWord finished = word("", 40);
  finished.finished = true;
  EXPECT_THAT(hear(0, {finished}), ElementsAre(": 20s idle"));
  EXPECT_THAT(readings(), ElementsAre(": 20s idle"));
}

TEST_F(RepartitionClockTest, one_that_returns_moves_no_time_back) {
  hear(0, {word("", 20)});
  ClockWord idle = word("", 5);
  idle.idle = true;
  hear(1, {idle});
  EXPECT_THAT(hear(1, {word("", 6)}), IsEmpty());
  EXPECT_THAT(hear(0, {word("", 30)}), IsEmpty());
  EXPECT_THAT(hear(1, {word("", 25)}), ElementsAre(": 25s"));
}

TEST_F(RepartitionClockTest, all_idle_it_stays_or_goes_on_with_those_that_do) {
  hear(0, {word("", 20)});
  hear(1, {word("", 5)});
  ClockWord first = word("", 20);
  first.idle = true;
  EXPECT_THAT(hear(0, {first}), IsEmpty());
  ClockWord second = word("", 5);
  second.idle = true;
  EXPECT_THAT(hear(1, {second}), ElementsAre(": 5s idle"));
  second.watermark = 100 * kSecond;
  second.goes_on = true;
  EXPECT_THAT(hear(1, {second}), ElementsAre(": 100s idle"));
}

TEST_F(RepartitionClockTest, one_that_was_only_waited_for_leaves_the_others_where_they_stand) {
  ClockWord idle = word("C1", 15);
  idle.idle = true;
  hear(0, {idle});
  EXPECT_THAT(hear(1, {}, true), ElementsAre("C1: 15s idle"));
}

TEST_F(RepartitionClockTest, a_clock_is_forgotten_when_the_last_one_has) {
  hear(0, {word("C1", 20)}, true);
  hear(1, {word("C1", 30)}, true);
  ClockWord forgotten = word("C1", 0);
  forgotten.forgotten = true;
  EXPECT_THAT(hear(0, {forgotten}, true), ElementsAre("C1: 30s"));
  EXPECT_THAT(last_.forgotten, IsEmpty());
  hear(1, {forgotten}, true);
  EXPECT_THAT(last_.forgotten, ElementsAre(clocks_.intern("C1")));
  EXPECT_THAT(readings(), IsEmpty());
}

/// Entries as a state image holds them.
class Entries final : public ChangeSink {
 public:
  void put(StoreId, const StateKey& key, std::string_view value) override {
    entries[{std::string(key.clock), std::string(key.key)}] = value;
  }
  void remove(StoreId, const StateKey& key) override {
    entries.erase({std::string(key.clock), std::string(key.key)});
  }
  void remove_pane(StoreId, std::string_view, Micros) override { FAIL() << "it has no panes"; }

  std::map<std::pair<std::string, std::string>, std::string> entries;
};

TEST_F(RepartitionClockTest, what_was_said_survives_a_restart) {
  hear(0, {word("C1", 20), word("C2", 8)}, true);
  ClockWord idle = word("C1", 5);
  idle.idle = true;
  hear(1, {idle}, true);
  Entries saved;
  clock_.collect(Epoch(1), saved);
  ClockWord forgotten = word("C2", 0);
  forgotten.forgotten = true;
  hear(0, {forgotten}, true);
  clock_.collect(Epoch(2), saved);

  ClockTable clocks;
  RepartitionClock restored("cut/topic/senders", senders_, clocks);
  for (const auto& [name, value] : saved.entries) {
    ASSERT_TRUE(restored.restore({.clock = name.first, .pane = 0, .key = name.second}, value));
  }
  EXPECT_THAT(text_of(restored.readings(), clocks), ElementsAre("C1: 20s"));
  EXPECT_TRUE(restored.settled());
  EXPECT_FALSE(restored.restore({.clock = {}, .pane = 0, .key = "x"}, "damaged"));
}

TEST_F(RepartitionClockTest, saved_bytes_are_those_of_the_documented_form) {
  ClockWord goes_on = word("C1", 1);
  goes_on.idle = true;
  goes_on.goes_on = true;
  hear(1, {goes_on}, true);
  hear(0, {}, true);
  Entries saved;
  clock_.collect(Epoch(1), saved);
  using namespace std::string_literals;
  const std::uint32_t stage = stage_id("telemetry").value();
  std::string id;
  for (int byte = 0; byte < 4; ++byte) id += static_cast<char>(stage >> (8 * byte) & 0xff);
  const auto one = "\x40\x42\x0f\0\0\0\0\0"s;  // 1,000,000
  EXPECT_EQ(saved.entries,
            (std::map<std::pair<std::string, std::string>, std::string>{
                {{"", "s" + id + "\0\0\0\0"s}, "\1"},
                {{"", "s" + id + "\1\0\0\0"s}, "\1"},
                {{"C1", "m"}, one},
                {{"C1", "w" + id + "\1\0\0\0"s}, one + "\x09"}}));
}

TEST_F(RepartitionClockTest, what_a_stage_said_that_no_longer_sends_is_let_go) {
  hear(0, {word("C1", 20)}, true);
  hear(1, {word("C1", 5)}, true);
  Entries saved;
  clock_.collect(Epoch(1), saved);
  ClockTable clocks;
  RepartitionClock restored("cut/topic/senders", {senders_.data(), 1}, clocks);
  for (const auto& [name, value] : saved.entries) {
    ASSERT_TRUE(restored.restore({.clock = name.first, .pane = 0, .key = name.second}, value));
  }
  RepartitionRecord record{
      .sender = sender(0), .rows = ColumnBatch(), .words = {}, .settled = true};
  record.words = {{.clock = clocks.intern("C1"), .watermark = 30 * kSecond}};
  EXPECT_THAT(text_of(restored.hear(record).moved, clocks), ElementsAre("C1: 30s"));
}

}  // namespace
}  // namespace sitrep
