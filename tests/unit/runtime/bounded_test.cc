// SPDX-License-Identifier: Apache-2.0
// A bounded run ends where its inputs ended when it began, also when it was killed on the way.
#include <gmock/gmock.h>

#include "engine/log/memory_log.h"
#include "engine/runtime/instance.h"
#include "tests/unit/runtime/runtime_testing.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

constexpr std::string_view kJob = R"(job: bounded
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {n: bigint, ts: {type: timestamp, unit: s}}
    time: {column: ts, out_of_orderness: 0s, idle_after: never, max_future_skew: 100000d}
streams:
  each:
    sql: SELECT n FROM rows
    to: {topic: each, create: {partitions: 1}}
)";

/// Windows over two cuts: what the second level reads is there when the first has ended.
constexpr std::string_view kJobWithCuts = R"(job: bounded
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {n: bigint, ts: {type: timestamp, unit: s}}
    time: {column: ts, out_of_orderness: 0s, idle_after: never, max_future_skew: 100000d}
streams:
  parities:
    sql: SELECT n % 2 AS p, sum(n) AS n FROM rows GROUP BY n % 2, tumble(interval '10 seconds')
    to: {topic: parities, key: p, create: {partitions: 1}}
  each:
    sql: SELECT sum(n) AS n FROM parities GROUP BY tumble(interval '10 seconds')
    to: {topic: each, create: {partitions: 1}}
)";

/// An instance of the job with its disk, stepped by hand on one thread.
class Process {
 public:
  Process(const Topology& topology, const std::string& name, bool bounded, MemoryLog& log,
          ManualClock& clock, const TemporaryDirectory& directory)
      : clock_(clock) {
    auto made = Instance::make(topology,
                               {.group = "bounded",
                                .instance = name,
                                .state_dir = (directory.path() / name).string(),
                                .exactly_once = true,
                                .batch_records_max = 1,
                                .commit_interval = 0,
                                .state_bytes_max = std::nullopt,
                                .bounded = bounded},
                               log, clock, metrics_);
    EXPECT_TRUE(made) << made.error().message();
    instance_ = *std::move(made);
    instance_->set_idle([this]() -> Result<void> {
      step_others();
      return {};
    });
  }

  /// Whether it is finished.
  bool step() {
    const auto progress = instance_->step(0);
    EXPECT_TRUE(progress) << progress.error().message();
    step_others();
    return progress && *progress == Instance::Progress::kFinished;
  }
  bool settled() const { return instance_->settled(); }
  void end() { EXPECT_TRUE(instance_->shut_down(/*leave=*/true)); }

 private:
  void step_others() {
    clock_.advance(kMicrosPerMilli);
    for (auto& worker : instance_->workers()) (void)worker->step();
    (void)instance_->committer().step();
    (void)instance_->flusher()->step();
  }

  ManualClock& clock_;
  MetricsRegistry metrics_;
  std::unique_ptr<Instance> instance_;
};

class BoundedTest : public testing::Test {
 protected:
  static constexpr int kStepsMax = 10'000;

  void make_topic(std::int32_t partitions) {
    EXPECT_TRUE(log_.create_topic("in", {.partitions = partitions, .settings = {}}));
  }
  void send(std::int64_t n, std::int32_t partition = 0) {
    log_.append({"in", PartitionId(partition)},
                {.offset = Offset(0),
                 .timestamp = std::nullopt,
                 .key = std::nullopt,
                 .value = concat(R"({"n":)", n, R"(,"ts":1})"),
                 .headers = {}});
  }
  Process start(const std::string& name, bool bounded) {
    return Process(*topology_, name, bounded, log_, clock_, directory_);
  }
  /// Runs until it is finished, or was killed with `kill_at` rows written.
  void run(std::size_t kill_at = 1'000) {
    Process process = start("one", /*bounded=*/true);
    for (int step = 0; step < kStepsMax; ++step) {
      if (process.step()) return process.end();
      if (written().size() >= kill_at) return;
    }
    FAIL() << "it does not end";
  }
  std::vector<std::string> written(const std::string& topic = "each") {
    std::vector<std::string> out;
    for (const auto& record : log_.records({topic, PartitionId(0)})) out.push_back(*record.value);
    return out;
  }

  std::unique_ptr<const Topology> topology_ = std::make_unique<Topology>(topology_of(kJob));
  const TemporaryDirectory directory_;
  ManualClock clock_{1'000 * kMicrosPerSecond};
  MemoryLog log_{clock_};
};

TEST_F(BoundedTest, a_run_that_was_killed_ends_where_it_was_to_end) {
  make_topic(1);
  for (const std::int64_t n : {1, 2, 3}) send(n);
  run(/*kill_at=*/1);
  send(4);
  run();
  EXPECT_THAT(written(), ElementsAre(R"({"n":1})", R"({"n":2})", R"({"n":3})"));
  run();
  EXPECT_EQ(written().back(), R"({"n":4})") << "the next run takes the ends as they are then";
  EXPECT_EQ(written().size(), 4U);
}

// Its partitions come to the others when its session ends, and not before.
TEST_F(BoundedTest, the_partitions_of_a_dead_member_are_read_too) {
  make_topic(2);
  {
    Process one = start("one", /*bounded=*/false);
    Process two = start("two", /*bounded=*/false);
    for (int step = 0; step < kStepsMax && !(one.settled() && two.settled()); ++step) {
      (void)one.step();
      (void)two.step();
    }
    for (int step = 0; step < 100; ++step) {
      (void)one.step();
      (void)two.step();
    }
  }
  send(1, 0);
  send(2, 1);
  // Under its old name it takes its old place, and the coordinator sees no reason to share anew.
  Process two = start("two", /*bounded=*/true);
  for (int step = 0; step < kStepsMax; ++step) {
    ASSERT_FALSE(two.step()) << "a partition was not read";
  }
  EXPECT_EQ(written().size(), 1U);
  log_.expire_member("bounded", "one");
  bool finished = false;
  for (int step = 0; step < kStepsMax && !finished; ++step) finished = two.step();
  ASSERT_TRUE(finished);
  two.end();
  EXPECT_THAT(written(), testing::UnorderedElementsAre(R"({"n":1})", R"({"n":2})"));
}

TEST_F(BoundedTest, instances_wait_for_each_other) {
  make_topic(2);
  for (const std::int64_t n : {1, 2, 3}) send(n, 0);
  send(4, 1);
  Process one = start("one", /*bounded=*/true);
  Process two = start("two", /*bounded=*/true);
  bool one_ended = false;
  bool two_ended = false;
  for (int step = 0; step < kStepsMax && !(one_ended && two_ended); ++step) {
    if (!one_ended && one.step()) {
      one.end();
      one_ended = true;
    }
    // The second has hardly begun when the first is done with its own.
    if (!two_ended && (step % 50 == 0 || one_ended) && two.step()) {
      two.end();
      two_ended = true;
    }
  }
  EXPECT_TRUE(one_ended);
  EXPECT_TRUE(two_ended);
  EXPECT_THAT(written(), testing::UnorderedElementsAre(R"({"n":1})", R"({"n":2})", R"({"n":3})",
                                                       R"({"n":4})"));
}

// Each level ends when all instances are done with the one before, whenever one of them is killed.
TEST_F(BoundedTest, levels_end_one_after_the_other_across_kills) {
  topology_ = std::make_unique<Topology>(topology_of(kJobWithCuts));
  make_topic(2);
  for (const std::int64_t n : {1, 2, 3, 4, 5}) send(n, static_cast<std::int32_t>(n % 2));
  int kills = 0;
  for (int kill_after = 1; kill_after < kStepsMax; kill_after += kill_after / 8 + 1) {
    auto one = std::make_unique<Process>(*topology_, "one", /*bounded=*/true, log_, clock_,
                                         directory_);
    auto two = std::make_unique<Process>(*topology_, "two", /*bounded=*/true, log_, clock_,
                                         directory_);
    for (int step = 0; step < kill_after && (one || two); ++step) {
      for (auto* process : {&one, &two}) {
        if (!*process || !(*process)->step()) continue;
        (*process)->end();
        process->reset();
      }
    }
    if (!one && !two) break;
    ++kills;
    // Whoever is killed is gone from the group before the next try.
    for (const std::string name : {"one", "two"}) log_.expire_member("bounded", name);
  }
  EXPECT_GT(kills, 8) << "some of them while the second and third level are read";
  EXPECT_THAT(written("parities"),
              testing::UnorderedElementsAre(R"({"p":0,"n":6})", R"({"p":1,"n":9})"));
  EXPECT_THAT(written(), ElementsAre(R"({"n":15})"));
}

}  // namespace
}  // namespace sitrep
