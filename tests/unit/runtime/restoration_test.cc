// SPDX-License-Identifier: Apache-2.0
// A restore from a state log that lacks what it needs.
#include <gmock/gmock.h>

#include <functional>
#include <utility>

#include "engine/runtime/pipeline_driver.h"
#include "tests/unit/runtime/runtime_testing.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

using testing::HasSubstr;

constexpr std::string_view kJob = R"(job: sums
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {k: text, n: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: 0s, idle_after: never, max_future_skew: 100000d}
streams:
  sums:
    sql: SELECT k, sum(n) AS n FROM rows GROUP BY k, tumble(interval '1000 seconds')
    to: {topic: sums, key: k, create: {partitions: 1}}
)";

class RestorationTest : public testing::Test {
 protected:
  RestorationTest() { EXPECT_TRUE(log_.create_topic("in", {.partitions = 1, .settings = {}})); }

  /// Reads `count` rows more, an epoch each, on a disk of its own; or the error.
  std::string run(int count, const std::string& disk) {
    PipelineDriver driver(topology_,
                          {.state_dir = (directory_.path() / disk).string(),
                           .state_bytes_max = std::nullopt,
                           .exactly_once = true,
                           .snapshot_bytes_min = 10},
                          log_, clock_);
    for (int i = 0; i < count; ++i) {
      log_.append({"in", PartitionId(0)},
                  {.offset = Offset(0),
                   .timestamp = std::nullopt,
                   .key = std::nullopt,
                   .value = concat(R"({"k":"a","n":)", ++rows_, R"(,"ts":)", rows_, "}"),
                   .headers = {}});
      const auto done = driver.settle();
      if (!done) return done.error().message();
      clock_.advance(kMicrosPerSecond);
    }
    const auto done = driver.settle();
    return done ? "" : done.error().message();
  }

  const Topology topology_ = topology_of(kJob);
  const TemporaryDirectory directory_;
  ManualClock clock_{1'000 * kMicrosPerSecond};
  MemoryLog log_{clock_};
  int rows_ = 0;
};

TEST_F(RestorationTest, a_snapshot_that_somebody_trimmed_ends_it_with_what_to_do) {
  ASSERT_EQ(run(8, "first"), "");
  const TopicPartition state{topology_.stages.front().state_topic, PartitionId(0)};
  ASSERT_EQ(run(1, "second"), "") << "it restores";
  ASSERT_TRUE(log_.trim(state, log_.offset_range(state).value().end));
  EXPECT_EQ(run(1, "second"), "") << "an image that is not behind needs nothing of the log";
  EXPECT_THAT(run(1, "third"),
              HasSubstr("is gone, and nothing else is committed. Nobody but sitrep may trim its "
                        "own topics; `sitrep reset` begins the stage anew"));
}

/// Others do something when the first reader of a restore is opened, and the group tells of it when
/// it is asked for positions after that.
class GoesOnMeanwhile final : public MemoryLogFaults {
 public:
  GoesOnMeanwhile(std::function<void()> others, std::function<void()> told)
      : others_(std::move(others)), told_(std::move(told)) {}
  bool happens(Point point) override {
    if (point == Point::kReaderNotOpened && others_) std::exchange(others_, nullptr)();
    if (point == Point::kCommittedOffsets && !others_ && told_) std::exchange(told_, nullptr)();
    return false;
  }

 private:
  std::function<void()> others_;
  std::function<void()> told_;
};

TEST_F(RestorationTest, what_others_trimmed_who_went_on_is_waited_for) {
  ASSERT_EQ(run(1, "first"), "");
  const TopicPartition state{topology_.stages.front().state_topic, PartitionId(0)};
  const auto go_on = [&] {
    const auto writer = *log_.open_writer(
        {.group = "sums", .instance = "other", .transactional = true});
    ASSERT_TRUE(writer->begin());
    const CommittedPosition further{
        .partition = {"in", PartitionId(0)}, .next = Offset(2), .metadata = ""};
    ASSERT_TRUE(writer->commit({&further, 1}, {}));
    log_.settle_markers();
    ASSERT_TRUE(log_.trim(state, log_.offset_range(state).value().end));
  };
  // Until then it restores what is not its own any more.
  GoesOnMeanwhile others(go_on, [&] { log_.expire_member("sums", "driver"); });
  log_.set_faults(&others);
  EXPECT_EQ(run(1, "second"), "");
}

}  // namespace
}  // namespace sitrep
