// SPDX-License-Identifier: Apache-2.0
// Watermarks of a task as tables: what happens, where the clocks stand then, and what came out.
#include <gmock/gmock.h>

#include <map>
#include <set>
#include <tuple>

#include "engine/runtime/task.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string job_of(std::string_view clock) {
  return concat(R"(job: heard
kafka: {brokers: nowhere}
dead_letters: {topic: dead}
sources:
  radio:
    topic: radio
    columns: {k: {type: text, required: true}, ts: {type: timestamp, unit: s, required: true}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: 5s, max_future_skew: 60s)",
                clock, R"(}
  satellite:
    topic: satellite
    columns: {k: {type: text, required: true}, ts: {type: timestamp, unit: s, required: true}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: 5s, max_future_skew: 60s)",
                clock, R"(}
streams:
  heard:
    sql: SELECT k FROM radio WHERE k <> 'noise' UNION ALL SELECT k FROM satellite
  counts:
    sql: |
      SELECT k, count(*) AS n, window_end AS e FROM heard
      GROUP BY k, tumble(interval '10 seconds')
    late: {policy: side, topic: late}
    to: {topic: counts, timestamps: ms}
)");
}

constexpr std::size_t kRadio = 0;
constexpr std::size_t kSatellite = 1;

class TaskClockTest : public testing::Test {
 protected:
  explicit TaskClockTest(std::string_view clock = "") : topology_(topology_of(job_of(clock))) {
    for (const auto& [topic, creation] : topology_.output_topics) {
      const auto number = TopicId(static_cast<std::uint32_t>(names_.size()));
      topics_.emplace(topic, number);
      names_.push_back(topic);
    }
    auto made = Task::make({.stage = &topology_.stages.at(0),
                            .partition = PartitionId(0),
                            .topics = &topics_,
                            .dead_letter_topic = topology_.dead_letter_topic,
                            .cold = nullptr,
                            .metrics = &metrics_,
                            .now = 0});
    ENSURE(made.has_value(), made.error().message());
    task_ = *std::move(made);
    const Offset next[] = {Offset(0), Offset(0)};
    const std::optional<Offset> no_ends[2];
    ENSURE(task_->start(std::nullopt, next, no_ends, 0), "the task does not start");
  }

  /// "k@7": a row of key k at 7 s; anything else is the record as it is. Read at `now` seconds.
  void read(std::size_t input, std::int64_t now, const std::vector<std::string>& rows) {
    RecordBatch records;
    for (const std::string& row : rows) {
      const std::size_t at = row.find('@');
      const std::string value =
          at == std::string::npos
              ? row
              : concat(R"({"k":")", row.substr(0, at), R"(","ts":)", row.substr(at + 1), "}");
      records.append({.offset = next_[input],
                      .timestamp = now * kMicrosPerSecond,
                      .key = std::nullopt,
                      .value = value,
                      .headers = {}});
      ++next_[input];
    }
    ASSERT_TRUE(task_->process(input, records, next_[input], now * kMicrosPerSecond));
  }
  void tick(std::int64_t now) { ASSERT_TRUE(task_->tick(now * kMicrosPerSecond)); }

  /// "name: 25s" of each clock of an input.
  std::vector<std::string> clocks(std::size_t input) const {
    std::vector<std::string> out;
    for (const auto& [name, reading] : task_->clock_readings(input)) {
      const std::string watermark = reading.watermark == kMinWatermark
                                        ? "none"
                                        : concat(reading.watermark / kMicrosPerSecond, "s");
      out.push_back(concat(name, ": ", watermark, reading.idle ? " idle" : ""));
    }
    return out;
  }
  /// "topic payload" of what came out since the last time; dead letters as "dead reason".
  std::vector<std::string> outputs() {
    const auto part = task_->close_epoch();
    ENSURE(part.has_value(), "the epoch does not close");
    std::vector<std::string> out;
    for (const OutputRecord& record : part->outputs.records()) {
      std::string_view text = record.value.value_or("null");
      for (const HeaderView& header : record.headers) {
        if (header.name == "reason") text = header.value.value_or("");
      }
      out.push_back(concat(names_[record.topic.value()], " ", text));
    }
    return out;
  }
  static std::string window(std::string_view key, int rows, int end) {
    return concat(R"(counts {"k":")", key, R"(","n":)", rows, R"(,"e":)", end * 1000, "}");
  }

  const Topology topology_;
  TopicNumbers topics_;
  std::vector<std::string> names_;
  MetricsRegistry metrics_;
  std::unique_ptr<Task> task_;
  Offset next_[2] = {Offset(0), Offset(0)};
  /// Keys by store, clock and pane, as the deltas say.
  std::map<std::tuple<StoreId, std::string, Micros>, std::set<std::string>> state_;
};

class TaskClockExpireTest : public TaskClockTest {
 protected:
  TaskClockExpireTest() : TaskClockTest(", clock: {per: k}, clock_expire: 1h") {}
};

class TaskClockPerKeyTest : public TaskClockTest {
 protected:
  TaskClockPerKeyTest() : TaskClockTest(", clock: {per: k}") {}
};

TEST_F(TaskClockTest, windows_wait_for_the_slower_input) {
  read(kRadio, 100, {"a@1", "a@16"});
  EXPECT_THAT(clocks(kRadio), ElementsAre(": 11s"));
  EXPECT_THAT(clocks(kSatellite), ElementsAre(": none"));
  EXPECT_THAT(outputs(), IsEmpty());
  read(kSatellite, 100, {"a@2", "a@14"});
  EXPECT_THAT(outputs(), IsEmpty()) << "W of satellite is 9 s";
  read(kSatellite, 100, {"a@15"});
  EXPECT_THAT(outputs(), ElementsAre(window("a", 2, 10)));
}

TEST_F(TaskClockTest, an_idle_input_is_left_out_and_judged_as_it_is_when_it_returns) {
  read(kRadio, 1, {"a@1"});
  read(kSatellite, 1, {"a@2"});
  read(kRadio, 31, {"a@27"});
  tick(31);
  EXPECT_THAT(clocks(kRadio), ElementsAre(": 22s"));
  EXPECT_THAT(clocks(kSatellite), ElementsAre(": -3s idle"));
  EXPECT_THAT(outputs(), ElementsAre(window("a", 2, 10)));
  // 12 s is behind the node's 22 s, though not behind its own clock; 21 s is in an open window.
  read(kSatellite, 32, {"a@12", "a@21"});
  EXPECT_THAT(clocks(kSatellite), ElementsAre(": 16s"));
  EXPECT_THAT(outputs(), ElementsAre(R"(late {"k":"a"})"));
  // It counts again: 40 s of the radio does not close what satellite may still fill.
  read(kRadio, 33, {"a@40"});
  EXPECT_THAT(outputs(), IsEmpty());
  read(kSatellite, 33, {"a@36"});
  EXPECT_THAT(outputs(), ElementsAre(window("a", 2, 30)));
}

TEST_F(TaskClockTest, with_every_input_idle_time_stands) {
  read(kRadio, 1, {"a@1"});
  read(kSatellite, 1, {"a@12"});
  tick(1'000);
  EXPECT_THAT(clocks(kRadio), ElementsAre(": -4s idle"));
  EXPECT_THAT(clocks(kSatellite), ElementsAre(": 7s idle"));
  EXPECT_THAT(outputs(), IsEmpty());
}

TEST_F(TaskClockTest, no_clock_is_idle_before_what_was_there_at_the_start_is_read) {
  task_->note_end(kRadio, Offset(3));
  task_->note_end(kSatellite, Offset(0));
  read(kRadio, 1, {"a@1"});
  task_->note_end(kRadio, Offset(9));  // what came since does not count
  read(kRadio, 25, {"{"});
  tick(40);
  EXPECT_THAT(clocks(kRadio), ElementsAre(": -4s")) << "its rows may lie there";
  EXPECT_THAT(clocks(kSatellite), ElementsAre(": none idle"));
  // A gap ends it.
  ASSERT_TRUE(task_->process(kRadio, {}, Offset(3), 50 * kMicrosPerSecond));
  tick(79);
  EXPECT_THAT(clocks(kRadio), ElementsAre(": -4s"));
  tick(80);
  EXPECT_THAT(clocks(kRadio), ElementsAre(": -4s idle"));
}

TEST_F(TaskClockTest, input_that_is_behind_and_gives_nothing_holds_no_clock_back) {
  task_->note_end(kRadio, Offset(3));
  read(kRadio, 1, {"a@1"});
  tick(30);
  EXPECT_THAT(clocks(kRadio), ElementsAre(": -4s"));
  tick(31);
  EXPECT_THAT(clocks(kRadio), ElementsAre(": -4s idle"));
}

TEST_F(TaskClockTest, rows_of_the_future_move_nothing) {
  read(kRadio, 100, {"a@160"});
  EXPECT_THAT(clocks(kRadio), ElementsAre(": 155s")) << "60 s ahead is allowed";
  read(kSatellite, 100, {"a@161", "a@7"});
  EXPECT_THAT(clocks(kSatellite), ElementsAre(": 2s"));
  EXPECT_THAT(outputs(), ElementsAre("dead future"));
}

TEST_F(TaskClockTest, dead_letters_do_not_end_idleness) {
  read(kRadio, 1, {"a@1"});
  tick(31);
  EXPECT_THAT(clocks(kRadio), ElementsAre(": -4s idle"));
  read(kRadio, 32, {"{", R"({"k":"a"})", "a@93"});
  tick(32);
  EXPECT_THAT(clocks(kRadio), ElementsAre(": -4s idle"));
  EXPECT_THAT(outputs(), ElementsAre("dead malformed", "dead required", "dead future"));
}

TEST_F(TaskClockTest, rows_that_where_removes_count_for_the_clock) {
  read(kSatellite, 100, {"a@100"});
  read(kRadio, 100, {"a@1", "noise@15"});
  EXPECT_THAT(clocks(kRadio), ElementsAre(": 10s"));
  EXPECT_THAT(outputs(), ElementsAre(window("a", 1, 10)));
  tick(129);
  read(kRadio, 129, {"noise@15"});
  tick(131);
  EXPECT_THAT(clocks(kRadio), ElementsAre(": 10s")) << "noise keeps it from being idle";
  EXPECT_THAT(clocks(kSatellite), ElementsAre(": 95s idle"));
}

TEST_F(TaskClockTest, the_end_of_the_inputs_closes_windows_and_moves_no_clock) {
  read(kRadio, 100, {"a@1", "b@12"});
  ASSERT_TRUE(task_->finish());
  EXPECT_THAT(outputs(), ElementsAre(window("a", 1, 10), window("b", 1, 20)));
  EXPECT_THAT(clocks(kRadio), ElementsAre(": 7s"));
  EXPECT_THAT(clocks(kSatellite), ElementsAre(": none"));
}

TEST_F(TaskClockPerKeyTest, each_key_waits_for_itself_alone) {
  read(kRadio, 100, {"a@1", "b@1", "a@15"});
  EXPECT_THAT(clocks(kRadio), ElementsAre("a: 10s", "b: -4s"));
  read(kSatellite, 100, {"a@15"});
  EXPECT_THAT(outputs(), ElementsAre(window("a", 1, 10)));
  read(kSatellite, 101, {"b@15"});
  EXPECT_THAT(outputs(), IsEmpty());
  read(kRadio, 102, {"b@16"});
  EXPECT_THAT(outputs(), ElementsAre(window("b", 1, 10)));
}

TEST_F(TaskClockPerKeyTest, a_key_of_one_input_waits_for_the_other_until_the_grace_is_over) {
  read(kRadio, 100, {"a@1", "a@15"});
  tick(129);
  EXPECT_THAT(outputs(), IsEmpty());
  read(kRadio, 129, {"a@16"});
  tick(130);
  EXPECT_THAT(clocks(kSatellite), IsEmpty());
  EXPECT_THAT(outputs(), ElementsAre(window("a", 1, 10)));
}

TEST_F(TaskClockExpireTest, a_clock_without_rows_for_so_long_closes_its_windows_and_is_forgotten) {
  read(kRadio, 1, {"a@1", "b@2"});
  read(kRadio, 3'500, {"b@3490"});
  EXPECT_THAT(outputs(), IsEmpty());
  tick(3'520);
  tick(3'600);
  EXPECT_THAT(clocks(kRadio), ElementsAre("a: -4s idle", "b: 3485s idle"));
  EXPECT_THAT(outputs(), ElementsAre(window("b", 1, 10)));
  tick(3'601);
  EXPECT_THAT(clocks(kRadio), ElementsAre("b: 3485s idle"));
  EXPECT_THAT(outputs(), ElementsAre(window("a", 1, 10)));
  // It begins anew: what is as old as before is not late.
  read(kRadio, 3'602, {"a@1", "a@16"});
  EXPECT_THAT(clocks(kRadio), ElementsAre("a: 11s", "b: 3485s idle"));
  read(kRadio, 3'630, {"a@16"});
  tick(3'640);
  EXPECT_THAT(outputs(), ElementsAre(window("a", 1, 10)));
}

TEST_F(TaskClockExpireTest, a_clock_of_two_inputs_is_forgotten_with_the_last_of_them) {
  read(kRadio, 1, {"a@1"});
  read(kSatellite, 2'000, {"a@2"});
  tick(3'601);
  EXPECT_THAT(clocks(kRadio), IsEmpty());
  EXPECT_THAT(clocks(kSatellite), ElementsAre("a: -3s idle"));
  EXPECT_THAT(outputs(), IsEmpty());
  tick(5'600);
  EXPECT_THAT(clocks(kSatellite), IsEmpty());
  EXPECT_THAT(outputs(), ElementsAre(window("a", 2, 10)));
}

TEST_F(TaskClockExpireTest, its_state_is_removed) {
  read(kRadio, 1, {"a@1", "b@2"});
  const auto kept = [this] {
    const auto part = task_->close_epoch();
    ENSURE(part.has_value(), "the epoch does not close");
    const auto delta = decode_delta(part->delta.bytes);
    ENSURE(delta.has_value(), "the delta is damaged");
    for (const Change& change : delta->changes) {
      const auto at = std::make_tuple(change.store, std::string(change.key.clock), change.key.pane);
      if (change.kind == Change::Kind::kPut) {
        state_[at].insert(std::string(change.key.key));
      } else if (change.kind == Change::Kind::kRemove) {
        state_[at].erase(std::string(change.key.key));
        if (state_[at].empty()) state_.erase(at);
      } else {
        state_.erase(at);
      }
    }
    return state_.size();
  };
  EXPECT_EQ(kept(), 5u) << "two clocks, two panes, and what shape they are of";
  tick(10'000);
  EXPECT_EQ(kept(), 1u);
}

}  // namespace
}  // namespace sitrep
