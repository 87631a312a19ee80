// SPDX-License-Identifier: Apache-2.0
// A job that starts on topics which are full already: its tables are read before its streams.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "config/assemble.h"
#include "config/parse_job.h"
#include "engine/base/text.h"
#include "engine/runtime/pipeline_driver.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

constexpr int kVersions = 50;

Topology joining_topology() {
  std::vector<ConfigError> errors;
  auto spec = parse_job(R"(job: loading
kafka: {brokers: none}
sources:
  rows:
    topic: rows
    columns: {k: text, n: bigint}
    partitioned_by: k
tables:
  names:
    topic: names
    columns: {k: text, v: bigint}
    key: k
streams:
  joined:
    sql: SELECT n, v FROM rows r LEFT JOIN names t ON t.k = r.k
    to: {topic: joined, create: {partitions: 1}}
)",
                        "job.yaml", Environment(), errors);
  ENSURE(spec, "the job is not one");
  auto plan = plan_job(*std::move(spec), make_function_registry(), errors);
  ENSURE(plan, "the job has no plan");
  return assemble_topology(std::make_shared<const JobPlan>(*std::move(plan)));
}

void append(MemoryLog& log, const std::string& topic, Micros time, const std::string& value) {
  log.append({topic, PartitionId(0)}, {.offset = Offset(0),
                                       .timestamp = time,
                                       .key = "k",
                                       .value = value,
                                       .headers = {}});
}

std::vector<std::string> values_in(const MemoryLog& log, const std::string& topic) {
  std::vector<std::string> values;
  for (const auto& record : log.records({topic, PartitionId(0)})) {
    values.push_back(record.value.value_or("null"));
  }
  return values;
}

TEST(TableLoading, streams_wait_until_their_tables_are_read_to_the_end_of_the_start) {
  for (const std::size_t crash_every : {0U, 7U}) {
    ManualClock clock(1'000'000'000);
    MemoryLog log(clock);
    ASSERT_TRUE(log.create_topic("rows", {.partitions = 1, .settings = {}}));
    ASSERT_TRUE(log.create_topic("names", {.partitions = 1, .settings = {}}));
    std::vector<std::string> expected;
    for (int i = 0; i < kVersions; ++i) {
      // The row that each version is for comes first in its topic.
      append(log, "rows", 1000 * i + 500, concat(R"({"k":"k","n":)", i, "}"));
      append(log, "names", 1000 * i, concat(R"({"k":"k","v":)", 100 + i, "}"));
      expected.push_back(concat(R"({"n":)", i, R"(,"v":)", 100 + i, "}"));
    }
    const TemporaryDirectory directory;
    const Topology topology = joining_topology();
    PipelineDriver driver(topology,
                          {.batch_records_max = 1,
                           .state_dir = directory.path(),
                           .state_bytes_max = std::nullopt,
                           .crash_every = crash_every,
                           .exactly_once = true},
                          log, clock);
    ASSERT_TRUE(driver.settle());
    EXPECT_EQ(values_in(log, "joined"), expected);
    // What comes later is read side by side again.
    append(log, "rows", 1'000'000, R"({"k":"k","n":-1})");
    ASSERT_TRUE(driver.settle());
    append(log, "names", 900'000, R"({"k":"k","v":-1})");
    ASSERT_TRUE(driver.finish());
    expected.push_back(concat(R"({"n":-1,"v":)", 99 + kVersions, "}"));
    EXPECT_EQ(values_in(log, "joined"), expected);
  }
}

}  // namespace
}  // namespace sitrep
