// SPDX-License-Identifier: Apache-2.0
// A commit whose answer is lost is tried again, whether it had happened or not.
#include <gmock/gmock.h>

#include "engine/runtime/pipeline_driver.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

using testing::ElementsAre;

constexpr std::string_view kJob = R"(job: sums
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {k: text, n: bigint, ts: {type: timestamp, unit: s}}
    partitioned_by: k
    time: {column: ts, max_future_skew: 100000d}
streams:
  sums:
    sql: SELECT k, sum(n) AS n FROM rows GROUP BY k, tumble(interval '10 seconds')
    to: {topic: out, key: k, create: {partitions: 1}}
)";

std::vector<std::string> outputs(MemoryLog::FailedCommit outcome) {
  const Topology topology = topology_of(kJob);
  ManualClock clock;
  MemoryLog log(clock);
  EXPECT_TRUE(log.create_topic("in", {}));
  PipelineDriver driver(topology, {.state_dir = "", .state_bytes_max = std::nullopt}, log, clock);
  const auto send = [&](std::string_view value) {
    log.append({"in", PartitionId(0)}, {.offset = Offset(0),
                                        .timestamp = std::nullopt,
                                        .key = std::nullopt,
                                        .value = std::string(value),
                                        .headers = {}});
  };
  send(R"({"k":"a","n":1,"ts":1})");
  send(R"({"k":"a","n":2,"ts":11})");
  EXPECT_TRUE(driver.read());
  log.fail_next_commits(3, outcome);
  EXPECT_TRUE(driver.settle());
  send(R"({"k":"a","n":4,"ts":21})");
  EXPECT_TRUE(driver.finish());
  std::vector<std::string> out;
  for (const auto& record : log.records({"out", PartitionId(0)})) out.push_back(*record.value);
  return out;
}

class CommitFailure : public testing::TestWithParam<MemoryLog::FailedCommit> {};

TEST_P(CommitFailure, loses_no_row_and_repeats_none_while_the_process_lives) {
  EXPECT_THAT(outputs(GetParam()),
              ElementsAre(R"({"k":"a","n":1})", R"({"k":"a","n":2})", R"({"k":"a","n":4})"));
}

INSTANTIATE_TEST_SUITE_P(Outcomes, CommitFailure,
                         testing::Values(MemoryLog::FailedCommit::kHadNoEffect,
                                         MemoryLog::FailedCommit::kHadCommitted));

}  // namespace
}  // namespace sitrep
