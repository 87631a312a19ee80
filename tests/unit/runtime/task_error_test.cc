// SPDX-License-Identifier: Apache-2.0
// A task whose operator cannot read its state: it says so, and asks the operator for nothing more.
#include <gmock/gmock.h>

#include "engine/runtime/task.h"
#include "tests/unit/runtime/runtime_testing.h"

namespace sitrep {
namespace {

constexpr std::string_view kJob = R"(job: summed
kafka: {brokers: nowhere}
sources:
  rows:
    topic: in
    columns: {k: {type: text, required: true}, ts: {type: timestamp, unit: s, required: true}}
    partitioned_by: k
    time: {column: ts, out_of_orderness: 0s, max_future_skew: 100000d}
streams:
  counts:
    sql: SELECT k, count(*) AS n FROM rows GROUP BY k, tumble(interval '10 seconds')
    to: {topic: counts, create: {partitions: 1}}
)";

class BrokenDisk final : public ColdState {
 public:
  Result<std::optional<std::string>> get(StoreId, const StateKey&) override {
    ++gets;
    return unavailable("the disk is broken", Retry::kNever);
  }
  Result<void> scan_pane(StoreId, std::string_view, Micros,
                         const std::function<Result<void>(std::string_view, std::string_view)>&)
      override {
    ++scans;
    return unavailable("the disk is broken", Retry::kNever);
  }

  int gets = 0;
  int scans = 0;
};

TEST(TaskError, an_operator_that_failed_is_not_called_again) {
  const Topology topology = topology_of(kJob);
  std::map<std::string, TopicId> topics;
  for (const auto& [topic, creation] : topology.output_topics) {
    topics.emplace(topic, TopicId(static_cast<std::uint32_t>(topics.size())));
  }
  BrokenDisk disk;
  MetricsRegistry metrics;
  auto task = Task::make({.stage = &topology.stages.at(0),
                          .partition = PartitionId(0),
                          .topics = &topics,
                          .dead_letter_topic = topology.dead_letter_topic,
                          .cold = &disk,
                          .metrics = &metrics,
                          .now = 0});
  ASSERT_TRUE(task) << task.error().message();
  // Groups of the window that ends at 10 s are on the disk.
  for (Store* const store : (*task)->stores()) {
    if (store->id() == store_id("counts/groups")) {
      ASSERT_TRUE(store->restore_cold("", 10 * kMicrosPerSecond));
    }
  }
  const Offset next[] = {Offset(0)};
  const std::optional<Offset> no_ends[1];
  ASSERT_TRUE((*task)->start(std::nullopt, next, no_ends, 0));
  RecordBatch records;
  for (const std::int64_t second : {5, 25}) {
    records.append({.offset = Offset(second),
                    .timestamp = 0,
                    .key = std::nullopt,
                    .value = concat(R"({"k":"a","ts":)", second, "}"),
                    .headers = {}});
  }
  const auto processed = (*task)->process(0, records, Offset(26), 0);
  ASSERT_FALSE(processed);
  EXPECT_THAT(processed.error().message(), testing::HasSubstr("the disk is broken"));
  EXPECT_EQ(disk.gets, 1);
  EXPECT_EQ(disk.scans, 0) << "the window was asked for behind the error";
}

}  // namespace
}  // namespace sitrep
