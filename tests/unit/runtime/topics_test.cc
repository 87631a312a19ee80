// SPDX-License-Identifier: Apache-2.0
// What an instance says of the topics that it finds.
#include <gtest/gtest.h>

#include "engine/log/memory_log.h"
#include "engine/runtime/instance.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

constexpr std::string_view kJob = R"(job: two
kafka: {brokers: nowhere}
sources:
  a: {topic: in.a, columns: {k: text, ts: timestamp}, partitioned_by: k, time: {column: ts}}
  b: {topic: in.b, columns: {k: text, ts: timestamp}, partitioned_by: k, time: {column: ts}}
streams:
  all_rows:
    sql: SELECT k FROM a UNION ALL SELECT k FROM b
  counts:
    sql: SELECT k, count(*) AS n FROM all_rows GROUP BY k, tumble(interval '1 minute')
    late: {policy: drop}
    to: {topic: out}
)";

std::string complaint(MemoryLog& log, const Clock& clock, std::string_view job = kJob) {
  const Topology topology = topology_of(job);
  MetricsRegistry metrics;
  const InstanceOptions options{.group = "g",
                                .instance = "i",
                                .state_dir = "",
                                .workers = 1,
                                .state_bytes_max = std::nullopt};
  const auto instance = Instance::make(topology, options, log, clock, metrics);
  return instance ? "" : instance.error().message();
}

TEST(Topics, all_that_are_missing_are_named_at_once) {
  const ManualClock clock;
  MemoryLog log(clock);
  EXPECT_EQ(complaint(log, clock),
            "the topics at memory:\n"
            "  no topic in.a, which source a reads: create it\n"
            "  no topic in.b, which source b reads: create it\n"
            "  no topic out: create it, or say `create: {partitions: n}` at the output");
}

TEST(Topics, one_that_a_table_reads_is_called_so) {
  constexpr std::string_view kJoin = R"(job: join
kafka: {brokers: nowhere}
sources:
  a: {topic: in.a, columns: {k: text, ts: timestamp}, partitioned_by: k, time: {column: ts}}
tables:
  t: {topic: in.t, columns: {k: text, v: text}, key: k}
streams:
  both:
    sql: SELECT a.k, v FROM a JOIN t ON t.k = a.k
    to: {topic: out, create: {partitions: 1}}
)";
  const ManualClock clock;
  MemoryLog log(clock);
  ASSERT_TRUE(log.create_topic("in.a", {.partitions = 1, .settings = {}}));
  EXPECT_EQ(complaint(log, clock, kJoin),
            "the topics at memory:\n"
            "  no topic in.t, which table t reads: create it");
}

TEST(Topics, partition_counts_that_do_not_fit_are_named) {
  const ManualClock clock;
  MemoryLog log(clock);
  ASSERT_TRUE(log.create_topic("in.a", {.partitions = 2, .settings = {}}));
  ASSERT_TRUE(log.create_topic("in.b", {.partitions = 3, .settings = {}}));
  ASSERT_TRUE(log.create_topic("out", {.partitions = 1, .settings = {}}));
  EXPECT_EQ(complaint(log, clock),
            "the topics at memory:\n"
            "  stage a reads in.a with 2 partitions and in.b with 3: topics that are read together "
            "need the same number of partitions");
}

}  // namespace
}  // namespace sitrep
