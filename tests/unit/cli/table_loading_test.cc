// SPDX-License-Identifier: Apache-2.0
// A job that starts on topics which are full already: its tables are read before its streams.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "config/assemble.h"
#include "config/parse_job.h"
#include "engine/base/text.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/pipeline_driver.h"
#include "engine/runtime/table_feed.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

constexpr int kVersions = 50;

Topology joining_topology(bool broadcast) {
  std::vector<ConfigError> errors;
  const std::string text = concat(R"(job: loading
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
    broadcast: )",
                                  broadcast ? "true" : "false", R"(
streams:
  joined:
    sql: SELECT n, v FROM rows r LEFT JOIN names t ON t.k = r.k
    to: {topic: joined, create: {partitions: 1}}
)");
  auto spec = parse_job(text, "job.yaml", Environment(), errors);
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
  for (const auto& [broadcast, crash_every] :
       {std::pair(false, std::size_t{0}), {false, 7}, {true, 0}, {true, 7}}) {
    SCOPED_TRACE(concat(broadcast ? "broadcast" : "co-partitioned", ", crash ", crash_every));
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
    const Topology topology = joining_topology(broadcast);
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

TEST(TableLoading, a_broadcast_table_that_is_not_there_or_too_large_is_named) {
  ManualClock clock(1'000'000'000);
  MemoryLog log(clock);
  ASSERT_TRUE(log.create_topic("rows", {.partitions = 1, .settings = {}}));
  MetricsRegistry metrics;
  const Topology topology = joining_topology(/*broadcast=*/true);
  ASSERT_TRUE(log.create_topic("joined", {.partitions = 1, .settings = {}}));
  InstanceOptions options;
  options.group = "loading";
  options.instance = "a";
  const auto absent = Instance::make(topology, options, log, clock, metrics);
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().message().find("no topic names, which table names reads: create it"),
            std::string::npos)
      << absent.error().message();
  ASSERT_TRUE(log.create_topic("names", {.partitions = 1, .settings = {}}));
  append(log, "names", 1, R"({"k":"k","v":1})");
  const TableFeed::Options small{.bounded = false, .memory_bytes_max = 10};
  const auto feed = TableFeed::open(topology.shared_tables[0], small, log, clock, metrics);
  ASSERT_TRUE(feed);
  EXPECT_FALSE((*feed)->loaded());
  const auto large = (*feed)->step();
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error(), exhausted("table names needs more than 10 bytes, its part of the job's "
                                     "memory"));
}

}  // namespace
}  // namespace sitrep
