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
    time: {column: ts, out_of_orderness: 0s, max_future_skew: 100000d}
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
  log.fail_next_commits(3, outcome);
  EXPECT_TRUE(driver.settle());
  send(R"({"k":"a","n":4,"ts":21})");
  EXPECT_TRUE(driver.finish());
  std::vector<std::string> out;
  for (const auto& record : log.records({"out", PartitionId(0)})) out.push_back(*record.value);
  return out;
}

constexpr const char* kFirst = R"({"k":"a","n":1})";
constexpr const char* kSecond = R"({"k":"a","n":2})";
constexpr const char* kThird = R"({"k":"a","n":4})";

TEST(CommitFailure, that_had_no_effect_is_made_good) {
  EXPECT_THAT(outputs(MemoryLog::FailedCommit::kHadNoEffect), ElementsAre(kFirst, kSecond, kThird));
}

TEST(CommitFailure, that_had_happened_repeats_its_rows_and_loses_none) {
  EXPECT_THAT(outputs(MemoryLog::FailedCommit::kHadCommitted),
              ElementsAre(kFirst, kFirst, kFirst, kFirst, kSecond, kThird));
}

}  // namespace
}  // namespace sitrep
