// SPDX-License-Identifier: Apache-2.0
// A worker with three tasks, between rings that the test holds the other ends of: how much of them
// goes into one epoch.
#include "engine/runtime/worker.h"

#include <gmock/gmock.h>

#include "engine/log/memory_log.h"
#include "engine/runtime/task.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

constexpr std::string_view kJob = R"(job: passed
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {n: bigint, ts: {type: timestamp, unit: s}}
    time: {column: ts, out_of_orderness: 0s, max_future_skew: 100000d}
streams:
  passed:
    sql: SELECT n FROM rows
    to: {topic: passed, create: {partitions: 1}}
)";

class WorkerTest : public testing::Test {
 protected:
  static constexpr std::int32_t kTasks = 3;
  static constexpr int kRecords = 4;

  /// The worker reads two records of a partition at a time. Tables may have nothing, so that they
  /// have nothing to lend.
  void begin(std::size_t epoch_bytes_max, std::size_t state_bytes_max = 0) {
    for (const auto& [topic, creation] : topology_.output_topics) {
      topics_.emplace(topic, TopicId(static_cast<std::uint32_t>(topics_.size())));
    }
    worker_.emplace(WorkerOptions{.batch_records_max = 2,
                                  .epoch_bytes_max = epoch_bytes_max,
                                  .state_bytes_max = state_bytes_max},
                    clock_, rings_, metrics_);
    ASSERT_TRUE(log_.create_topic("in", {.partitions = kTasks, .settings = {}}));
    for (std::int32_t number = 0; number < kTasks; ++number) {
      const TopicPartition input{"in", PartitionId(number)};
      for (int n = 0; n < kRecords; ++n) {
        log_.append(input, {.offset = Offset(n),
                            .timestamp = 0,
                            .key = std::nullopt,
                            .value = concat(R"({"n":)", 10 * number + n, R"(,"ts":1})"),
                            .headers = {}});
      }
      OwnedTask owned;
      owned.task = make_task(PartitionId(number));
      owned.ends.resize(1);
      owned.load_until.resize(1);
      owned.readers.push_back(
          log_.open_reader({.partition = input, .offset = Offset(0)}).value());
      ControlToWorker give = GiveTask{std::move(owned)};
      ASSERT_TRUE(rings_.from_control.try_push(give));
    }
    ControlToWorker resume = Resume{};
    ASSERT_TRUE(rings_.from_control.try_push(resume));
  }
  std::unique_ptr<Task> make_task(PartitionId partition) {
    auto task = Task::make({.stage = &topology_.stages.at(0),
                            .partition = partition,
                            .topics = &topics_,
                            .dead_letter_topic = topology_.dead_letter_topic,
                            .cold = nullptr,
                            .metrics = &metrics_,
                            .now = 0});
    ENSURE(task.has_value(), task.error().message());
    const Offset next[] = {Offset(0)};
    const std::optional<Offset> no_ends[1];
    ENSURE((*task)->start(std::nullopt, next, no_ends, 0), "the task does not start");
    return *std::move(task);
  }

  /// Works until there is nothing to do, closes the epoch, and says what is in it.
  std::vector<std::string> epoch() {
    for (int steps = 0; steps < 20; ++steps) worker_->step();
    CommitterToWorker close{.commit = ++commit_};
    EXPECT_TRUE(rings_.from_committer.try_push(close));
    worker_->step();
    std::vector<std::string> out;
    while (auto message = rings_.to_committer.try_pop()) {
      const auto* const part = std::get_if<PartOfEpoch>(&*message);
      if (part == nullptr) continue;
      for (const OutputRecord& record : part->part.outputs.records()) {
        out.emplace_back(record.value.value_or("null"));
      }
    }
    return out;
  }

  const Topology topology_ = topology_of(kJob);
  std::map<std::string, TopicId> topics_;
  ManualClock clock_{1'000 * kMicrosPerSecond};
  MemoryLog log_{clock_};
  MetricsRegistry metrics_;
  WorkerRings rings_;
  std::optional<Worker> worker_;
  CommitNumber commit_{0};
};

TEST_F(WorkerTest, all_tasks_share_an_epoch_that_has_room) {
  begin(/*epoch_bytes_max=*/1 << 20);
  EXPECT_THAT(epoch(), ElementsAre(R"({"n":0})", R"({"n":1})", R"({"n":2})", R"({"n":3})",
                                   R"({"n":10})", R"({"n":11})", R"({"n":12})", R"({"n":13})",
                                   R"({"n":20})", R"({"n":21})", R"({"n":22})", R"({"n":23})"));
}

TEST_F(WorkerTest, one_task_after_the_other_fills_an_epoch_that_has_none) {
  begin(/*epoch_bytes_max=*/1);
  EXPECT_THAT(epoch(), ElementsAre(R"({"n":0})", R"({"n":1})"));
  EXPECT_THAT(epoch(), ElementsAre(R"({"n":10})", R"({"n":11})"));
  EXPECT_THAT(epoch(), ElementsAre(R"({"n":20})", R"({"n":21})"));
  EXPECT_THAT(epoch(), ElementsAre(R"({"n":2})", R"({"n":3})"));
  EXPECT_THAT(epoch(), ElementsAre(R"({"n":12})", R"({"n":13})"));
  EXPECT_THAT(epoch(), ElementsAre(R"({"n":22})", R"({"n":23})"));
  EXPECT_THAT(epoch(), ElementsAre());
}

TEST_F(WorkerTest, open_epoch_has_what_tables_leave) {
  begin(/*epoch_bytes_max=*/1, /*state_bytes_max=*/1 << 20);
  EXPECT_THAT(epoch(), ElementsAre(R"({"n":0})", R"({"n":1})", R"({"n":2})", R"({"n":3})",
                                   R"({"n":10})", R"({"n":11})", R"({"n":12})", R"({"n":13})",
                                   R"({"n":20})", R"({"n":21})", R"({"n":22})", R"({"n":23})"));
}

}  // namespace
}  // namespace sitrep
