// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "tests/unit/kafka/mock_cluster.h"

namespace sitrep {
namespace {

using ::testing::HasSubstr;

constexpr Micros kShort = 200 * kMicrosPerMilli;

class KafkaLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<Log> open_log(KafkaOptions options) {
    auto log = open_kafka_log(std::move(options), clock_);
    EXPECT_TRUE(log) << log.error().message();
    return *std::move(log);
  }

  ManualClock clock_;
};

TEST_F(KafkaLogTest, knows_its_topics_and_their_partitions) {
  MockCluster cluster;
  cluster.create_topic("in", 3);
  rd_kafka_mock_topic_set_error(&cluster.get(), "nowhere",
                                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const auto log = open_log(cluster.options());
  const auto known = log->partition_count("in");
  ASSERT_TRUE(known) << known.error().message();
  EXPECT_EQ(*known, std::optional<std::int32_t>(3));
  const auto unknown = log->partition_count("nowhere");
  ASSERT_TRUE(unknown) << unknown.error().message();
  EXPECT_EQ(*unknown, std::nullopt);
  EXPECT_EQ(log->description(), concat("Kafka at ", cluster.options().brokers));
}

TEST_F(KafkaLogTest, an_offset_range_ends_behind_the_last_record) {
  MockCluster cluster;
  cluster.create_topic("out", 1);
  const auto log = open_log(cluster.options());
  const auto writer = log->open_writer({.group = "job", .instance = "one"});
  ASSERT_TRUE(writer) << writer.error().message();
  const auto topic = (*writer)->open_topic("out");
  ASSERT_TRUE(topic) << topic.error().message();
  OutputBatch batch;
  for (const char* value : {"a", "b", "c"}) {
    batch.append({.topic = *topic,
                  .partition = std::nullopt,
                  .key = std::nullopt,
                  .value = value,
                  .headers = {},
                  .timestamp = std::nullopt});
  }
  ASSERT_TRUE((*writer)->begin());
  ASSERT_TRUE((*writer)->append(batch));
  ASSERT_TRUE((*writer)->commit({}, {}));

  const auto range = log->offset_range({"out", PartitionId(0)});
  ASSERT_TRUE(range) << range.error().message();
  EXPECT_EQ(range->begin, Offset(0));
  EXPECT_EQ(range->end, Offset(3));
}

// As a broker answers that has just started: who asks tries again.
TEST_F(KafkaLogTest, the_offsets_of_an_unknown_partition_are_unavailable) {
  MockCluster cluster;
  cluster.create_topic("in", 1);
  const auto log = open_log(cluster.options());
  const auto range = log->offset_range({"in", PartitionId(7)});
  ASSERT_FALSE(range);
  EXPECT_EQ(range.error().kind(), ErrorKind::kUnavailable);
  EXPECT_TRUE(range.error().retriable());
  EXPECT_THAT(range.error().message(),
              HasSubstr("for the offsets of topic in, partition 7: Local: Unknown partition"));
}

TEST_F(KafkaLogTest, a_wrong_property_is_said_before_any_broker_is_asked) {
  const auto log = open_kafka_log({.brokers = "127.0.0.1:1", .properties = {{"no.such", "1"}}},
                                  clock_);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(log.error().message(), HasSubstr("kafka property 'no.such'"));
}

TEST_F(KafkaLogTest, a_cluster_that_is_down_is_unavailable_and_named) {
  const auto log =
      open_log({.brokers = "127.0.0.1:1", .properties = {}, .request_timeout = kShort});
  const auto expect_unavailable = [](const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    EXPECT_TRUE(error.retriable());
    EXPECT_THAT(error.message(), HasSubstr("Kafka at 127.0.0.1:1"));
  };
  const auto count = log->partition_count("in");
  ASSERT_FALSE(count);
  expect_unavailable(count.error());
  EXPECT_THAT(count.error().message(), HasSubstr("failed: Connection refused"));
  const auto created = log->create_topic("in", {.partitions = 1, .settings = {}});
  ASSERT_FALSE(created);
  expect_unavailable(created.error());
  const auto range = log->offset_range({"in", PartitionId(0)});
  ASSERT_FALSE(range);
  expect_unavailable(range.error());
  EXPECT_THAT(range.error().message(), HasSubstr("failed: Connection refused"));
}

}  // namespace
}  // namespace sitrep
