// SPDX-License-Identifier: Apache-2.0
// A worker with some tasks, between rings that the test holds the other ends of: how much of them
// goes into one epoch, and which alerts end it early.
#include "engine/runtime/worker.h"

#include <gmock/gmock.h>

#include "engine/log/memory_log.h"
#include "engine/runtime/task.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

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

/// Every row is an alert of its own.
constexpr std::string_view kAlertJob = R"(job: alerting
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {n: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: n
    time: {column: ts, out_of_orderness: 0s, max_future_skew: 100000d}
alerts:
  any:
    from: rows
    key: n
    raise: n >= 0
    text: "{n}"
    to: {topic: alerts, create: {partitions: 1}}
)";

class WorkerTest : public testing::Test {
 protected:
  explicit WorkerTest(std::string_view job = kJob) : topology_(topology_of(job)) {}

  /// Records of a partition that the worker reads at a time.
  static constexpr std::size_t kRead = 2;

  /// Tables may have nothing, so that they have nothing to lend. `records`: of each partition,
  /// which has a task.
  void begin(std::size_t epoch_bytes_max, std::size_t state_bytes_max = 0,
             const std::vector<int>& records = {4, 4, 4}) {
    for (const auto& [topic, creation] : topology_.output_topics) {
      topics_.emplace(topic, TopicId(static_cast<std::uint32_t>(topics_.size())));
    }
    worker_.emplace(WorkerOptions{.batch_records_max = kRead,
                                  .epoch_bytes_max = epoch_bytes_max,
                                  .state_bytes_max = state_bytes_max},
                    clock_, rings_, metrics_);
    const auto tasks = static_cast<std::int32_t>(records.size());
    ASSERT_TRUE(log_.create_topic("in", {.partitions = tasks, .settings = {}}));
    for (std::int32_t number = 0; number < tasks; ++number) {
      const TopicPartition input{"in", PartitionId(number)};
      for (int n = 0; n < records[number]; ++n) {
        append(number, n);
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
  void append(std::int32_t partition, int n) {
    log_.append({"in", PartitionId(partition)},
                {.offset = Offset(n),
                 .timestamp = 0,
                 .key = std::nullopt,
                 .value = concat(R"({"n":)", 10 * partition + n, R"(,"ts":1})"),
                 .headers = {}});
  }
  std::unique_ptr<Task> make_task(PartitionId partition) {
    auto task = Task::make({.stage = &topology_.stages.at(0),
                            .partition = partition,
                            .topics = &topics_,
                            .dead_letter_topic = topology_.dead_letter_topic,
                            .cold = nullptr,
                            .metrics = &metrics_,
                            .now = 0,
                            .backlog_records = kRead});
    ENSURE(task.has_value(), task.error().message());
    const Offset next[] = {Offset(0)};
    const std::optional<Offset> no_ends[1];
    ENSURE((*task)->start(std::nullopt, next, no_ends, 0), "the task does not start");
    return *std::move(task);
  }

  /// Works until there is nothing to do, closes the epoch, and says what is in it.
  std::vector<std::string> epoch() {
    for (int steps = 0; steps < 20; ++steps) worker_->step();
    return close();
  }
  std::vector<std::string> close() {
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

  const Topology topology_;
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

class WorkerAlertTest : public WorkerTest {
 protected:
  static constexpr Micros kNow = 1'000 * kMicrosPerSecond;

  WorkerAlertTest() : WorkerTest(kAlertJob) {}

  /// A task that has read one record, of as many as `end` says, and raised an alert.
  std::unique_ptr<Task> alerting_task(Offset end) {
    for (const auto& [topic, creation] : topology_.output_topics) topics_[topic] = TopicId(0);
    std::unique_ptr<Task> task = make_task(PartitionId(0));
    task->note_end(0, end);
    RecordBatch records;
    records.append({.offset = Offset(0),
                    .timestamp = 0,
                    .key = std::nullopt,
                    .value = R"({"n":1,"ts":1})",
                    .headers = {}});
    EXPECT_TRUE(task->process(0, records, Offset(1), kNow));
    return task;
  }

  /// Steps once; whether the worker says that an alert hurries.
  bool hurries() {
    worker_->step();
    bool said = false;
    while (auto message = rings_.to_committer.try_pop()) {
      said = said || std::holds_alternative<UrgentRows>(*message);
    }
    return said;
  }
};

TEST_F(WorkerAlertTest, alert_hurries_once_in_an_epoch) {
  begin(/*epoch_bytes_max=*/1 << 20, 0, {2});
  EXPECT_TRUE(hurries());
  EXPECT_FALSE(hurries());
  EXPECT_THAT(close(), SizeIs(2));
  append(0, 2);
  EXPECT_TRUE(hurries());
}

TEST_F(WorkerAlertTest, alerts_of_a_backlog_do_not_hurry_before_its_last_two_reads) {
  begin(/*epoch_bytes_max=*/1 << 20, 0, {7});
  EXPECT_FALSE(hurries());  // two of seven
  EXPECT_FALSE(hurries());  // four
  EXPECT_TRUE(hurries());   // six: the next read takes the rest
  EXPECT_THAT(close(), ElementsAre(HasSubstr(R"("text":"0")"), HasSubstr(R"("text":"1")"),
                                   HasSubstr(R"("text":"2")"), HasSubstr(R"("text":"3")"),
                                   HasSubstr(R"("text":"4")"), HasSubstr(R"("text":"5")")));
}

TEST_F(WorkerAlertTest, alerts_of_a_backlog_hurry_in_a_later_epoch_if_their_own_ended) {
  begin(/*epoch_bytes_max=*/1 << 20, 0, {9});
  EXPECT_FALSE(hurries());
  EXPECT_THAT(close(), SizeIs(2));  // and reads on
  EXPECT_FALSE(hurries());
  EXPECT_TRUE(hurries());
}

TEST_F(WorkerAlertTest, alert_hurries_when_nothing_comes_of_the_backlog_any_more) {
  const std::unique_ptr<Task> task = alerting_task(Offset(100));
  EXPECT_FALSE(task->urgent());
  ASSERT_TRUE(task->tick(kNow + 100 * kMicrosPerMilli - 1));
  EXPECT_FALSE(task->urgent());
  ASSERT_TRUE(task->tick(kNow + 100 * kMicrosPerMilli));
  EXPECT_TRUE(task->urgent());
}

TEST_F(WorkerAlertTest, what_is_behind_the_end_of_a_bounded_input_is_no_backlog) {
  const std::unique_ptr<Task> task = alerting_task(Offset(100));
  task->set_end(0, kEndNotKnownYet);
  EXPECT_FALSE(task->urgent());
  task->set_end(0, Offset(4));
  EXPECT_FALSE(task->urgent());
  task->set_end(0, Offset(3));  // two more
  EXPECT_TRUE(task->urgent());
}

TEST_F(WorkerAlertTest, alert_hurries_beside_the_backlog_of_another_partition) {
  begin(/*epoch_bytes_max=*/1 << 20, 0, {9, 1});
  EXPECT_TRUE(hurries());
  EXPECT_THAT(close(), ElementsAre(HasSubstr(R"("text":"0")"), HasSubstr(R"("text":"1")"),
                                   HasSubstr(R"("text":"10")")));
  // What is left is a backlog alone.
  EXPECT_FALSE(hurries());
}

}  // namespace
}  // namespace sitrep
