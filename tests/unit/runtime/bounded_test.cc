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

class BoundedTest : public testing::Test {
 protected:
  BoundedTest() { EXPECT_TRUE(log_.create_topic("in", {.partitions = 1, .settings = {}})); }

  void send(std::int64_t n) {
    log_.append({"in", PartitionId(0)}, {.offset = Offset(0),
                                         .timestamp = std::nullopt,
                                         .key = std::nullopt,
                                         .value = concat(R"({"n":)", n, R"(,"ts":1})"),
                                         .headers = {}});
  }
  /// Runs until it is finished, or was killed with `kill_at` rows written.
  void run(std::size_t kill_at = 1'000) {
    MetricsRegistry metrics;
    auto made = Instance::make(topology_,
                               {.group = "bounded",
                                .instance = "one",
                                .state_dir = (directory_.path() / "image").string(),
                                .exactly_once = true,
                                .batch_records_max = 1,
                                .commit_interval = 0,
                                .state_bytes_max = std::nullopt,
                                .bounded = true},
                               log_, clock_, metrics);
    ASSERT_TRUE(made) << made.error().message();
    Instance& instance = **made;
    const auto step_others = [&] {
      clock_.advance(kMicrosPerMilli);
      for (auto& worker : instance.workers()) (void)worker->step();
      (void)instance.committer().step();
      (void)instance.flusher()->step();
    };
    instance.set_idle(step_others);
    for (int step = 0; step < 10'000; ++step) {
      const auto progress = instance.step(0);
      ASSERT_TRUE(progress) << progress.error().message();
      if (*progress == Instance::Progress::kFinished) {
        ASSERT_TRUE(instance.shut_down(/*leave=*/true));
        return;
      }
      step_others();
      if (written().size() >= kill_at) return;
    }
    FAIL() << "it does not end";
  }
  std::vector<std::string> written() {
    std::vector<std::string> out;
    for (const auto& record : log_.records({"each", PartitionId(0)})) out.push_back(*record.value);
    return out;
  }

  const Topology topology_ = topology_of(kJob);
  const TemporaryDirectory directory_;
  ManualClock clock_{1'000 * kMicrosPerSecond};
  MemoryLog log_{clock_};
};

TEST_F(BoundedTest, a_run_that_was_killed_ends_where_it_was_to_end) {
  for (const std::int64_t n : {1, 2, 3}) send(n);
  run(/*kill_at=*/1);
  send(4);
  run();
  EXPECT_THAT(written(), ElementsAre(R"({"n":1})", R"({"n":2})", R"({"n":3})"));
  run();
  EXPECT_EQ(written().back(), R"({"n":4})") << "the next run takes the ends as they are then";
  EXPECT_EQ(written().size(), 4U);
}

}  // namespace
}  // namespace sitrep
