// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/murmur2.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "tests/unit/kafka/mock_cluster.h"

namespace sitrep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Nothing listens on it: connections are refused at once.
constexpr std::string_view kNobody = "127.0.0.1:1";
constexpr Micros kShort = 200 * kMicrosPerMilli;

class KafkaWriterTest : public ::testing::Test {
 protected:
  std::unique_ptr<LogWriter> open_writer(KafkaOptions options) {
    auto writer = KafkaWriter::open(options, {.group = "job", .instance = "one"}, clock_, nullptr);
    EXPECT_TRUE(writer) << writer.error().message();
    return *std::move(writer);
  }

  static TopicId open_topic(LogWriter& writer, const std::string& topic) {
    const auto id = writer.open_topic(topic);
    EXPECT_TRUE(id) << id.error().message();
    return id.value_or(TopicId(0));
  }

  static OutputRecord record(TopicId topic, std::optional<std::string_view> key,
                             std::optional<std::string_view> value) {
    return {.topic = topic,
            .partition = std::nullopt,
            .key = key,
            .value = value,
            .headers = {},
            .timestamp = std::nullopt};
  }

  static void expect_ok(const Result<void>& result) {
    EXPECT_TRUE(result) << result.error().message();
  }

  // Produce is request 0 of Kafka's protocol.
  void fail_next_produce(rd_kafka_resp_err_t code) {
    rd_kafka_mock_push_request_errors(&cluster_.get(), 0, 1, code);
  }

  static void write_epoch(LogWriter& writer, const OutputBatch& batch) {
    expect_ok(writer.begin());
    expect_ok(writer.append(batch));
    expect_ok(writer.commit({}, {}));
  }

  ManualClock clock_;
  MockCluster cluster_;
};

TEST_F(KafkaWriterTest, records_arrive_with_key_value_and_headers) {
  cluster_.create_topic("out", 1);
  const auto writer = open_writer(cluster_.options());
  const TopicId topic = open_topic(*writer, "out");
  const std::array<HeaderView, 3> headers = {HeaderView{.name = "reason", .value = "late"},
                                             HeaderView{.name = "empty", .value = ""},
                                             HeaderView{.name = "none", .value = std::nullopt}};
  OutputBatch batch;
  batch.append(record(topic, "k", "v"));
  OutputRecord with_headers = record(topic, "h", "w");
  with_headers.headers = headers;
  batch.append(with_headers);
  batch.append(record(topic, "gone", std::nullopt));
  batch.append(record(topic, std::nullopt, ""));
  write_epoch(*writer, batch);

  EXPECT_THAT(
      cluster_.read("out", 0),
      ElementsAre(SeenRecord{.key = "k", .value = "v", .headers = {}},
                  SeenRecord{.key = "h",
                             .value = "w",
                             .headers = {{"reason", "late"}, {"empty", ""}, {"none", {}}}},
                  SeenRecord{.key = "gone", .value = std::nullopt, .headers = {}},
                  SeenRecord{.key = std::nullopt, .value = "", .headers = {}}));
}

TEST_F(KafkaWriterTest, a_key_chooses_the_partition_as_java_does) {
  cluster_.create_topic("out", 4);
  const auto writer = open_writer(cluster_.options());
  const TopicId topic = open_topic(*writer, "out");
  OutputBatch batch;
  std::array<std::vector<SeenRecord>, 4> expected;
  for (int i = 0; i < 40; ++i) {
    const std::string key = concat("vehicle-", i % 10);
    const std::string value = concat(i);
    batch.append(record(topic, key, value));
    const auto partition = static_cast<std::size_t>(partition_of_key(key, 4).value());
    expected[partition].push_back({.key = key, .value = value, .headers = {}});
  }
  write_epoch(*writer, batch);
  for (std::int32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(cluster_.read("out", i), expected[static_cast<std::size_t>(i)]) << i;
  }
}

TEST_F(KafkaWriterTest, records_without_a_key_take_turns) {
  cluster_.create_topic("out", 2);
  const auto writer = open_writer(cluster_.options());
  const TopicId topic = open_topic(*writer, "out");
  OutputBatch batch;
  for (const char* value : {"a", "b", "c", "d"}) batch.append(record(topic, std::nullopt, value));
  write_epoch(*writer, batch);
  const auto plain = [](const char* value) {
    return SeenRecord{.key = std::nullopt, .value = value, .headers = {}};
  };
  EXPECT_THAT(cluster_.read("out", 0), ElementsAre(plain("b"), plain("d")));
  EXPECT_THAT(cluster_.read("out", 1), ElementsAre(plain("a"), plain("c")));
}

TEST_F(KafkaWriterTest, a_named_partition_is_kept_and_one_that_is_not_there_refused) {
  cluster_.create_topic("out", 2);
  const auto writer = open_writer(cluster_.options());
  OutputRecord wanted = record(open_topic(*writer, "out"), "k", "v");
  wanted.partition = PartitionId(1);
  OutputBatch batch;
  batch.append(wanted);
  write_epoch(*writer, batch);
  EXPECT_THAT(cluster_.read("out", 1),
              ElementsAre(SeenRecord{.key = "k", .value = "v", .headers = {}}));

  wanted.partition = PartitionId(2);
  OutputBatch beyond;
  beyond.append(wanted);
  expect_ok(writer->begin());
  const auto refused = writer->append(beyond);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), invalid_config("no partition 2 in Kafka topic out: it has 2"));
}

TEST_F(KafkaWriterTest, nothing_is_lost_when_the_epoch_is_larger_than_the_queue) {
  cluster_.create_topic("out", 1);
  KafkaOptions options = cluster_.options();
  options.queue_bytes_max = 4096;
  const auto writer = open_writer(options);
  const TopicId topic = open_topic(*writer, "out");
  OutputBatch batch;
  std::vector<SeenRecord> expected;
  for (int i = 0; i < 200; ++i) {
    const std::string value = concat(i, std::string(100, 'x'));
    batch.append(record(topic, std::nullopt, value));
    expected.push_back({.key = std::nullopt, .value = value, .headers = {}});
  }
  write_epoch(*writer, batch);
  EXPECT_EQ(cluster_.read("out", 0), expected);
}

TEST_F(KafkaWriterTest, a_record_larger_than_the_queue_is_refused_instead_of_waited_for) {
  cluster_.create_topic("out", 1);
  KafkaOptions options = cluster_.options();
  options.queue_bytes_max = 4096;
  const auto writer = open_writer(options);
  const std::string value(5000, 'x');
  OutputBatch batch;
  batch.append(record(open_topic(*writer, "out"), std::nullopt, value));
  expect_ok(writer->begin());
  const auto appended = writer->append(batch);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().kind(), ErrorKind::kExhausted);
  EXPECT_THAT(appended.error().message(), HasSubstr("5000 bytes"));
}

TEST_F(KafkaWriterTest, commit_waits_until_the_broker_has_acknowledged) {
  cluster_.create_topic("out", 1);
  const auto writer = open_writer(cluster_.options());
  OutputBatch batch;
  batch.append(record(open_topic(*writer, "out"), "k", "v"));
  // The first two answers are lost; librdkafka asks again and the sequence numbers hold.
  fail_next_produce(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
  fail_next_produce(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
  write_epoch(*writer, batch);
  EXPECT_THAT(cluster_.read("out", 0),
              ElementsAre(SeenRecord{.key = "k", .value = "v", .headers = {}}));
}

TEST_F(KafkaWriterTest, a_record_that_cannot_be_delivered_fails_the_commit_until_abort) {
  cluster_.create_topic("out", 1);
  const auto writer = open_writer(cluster_.options());
  const TopicId topic = open_topic(*writer, "out");
  OutputBatch batch;
  batch.append(record(topic, "k", "v"));
  fail_next_produce(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  expect_ok(writer->begin());
  expect_ok(writer->append(batch));
  const auto committed = writer->commit({}, {});
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_THAT(committed.error().message(),
              HasSubstr("writing to Kafka topic out, partition 0 at 127.0.0.1:"));

  expect_ok(writer->abort());
  write_epoch(*writer, batch);
  EXPECT_THAT(cluster_.read("out", 0),
              ElementsAre(SeenRecord{.key = "k", .value = "v", .headers = {}}));
}

TEST_F(KafkaWriterTest, a_producer_that_can_never_write_again_is_replaced) {
  cluster_.create_topic("out", 1);
  const auto writer = open_writer(cluster_.options());
  OutputBatch batch;
  batch.append(record(open_topic(*writer, "out"), "k", "v"));
  fail_next_produce(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  expect_ok(writer->begin());
  expect_ok(writer->append(batch));
  const auto committed = writer->commit({}, {});
  ASSERT_FALSE(committed);
  EXPECT_TRUE(committed.error().retriable());

  expect_ok(writer->abort());
  write_epoch(*writer, batch);
  EXPECT_THAT(cluster_.read("out", 0),
              ElementsAre(SeenRecord{.key = "k", .value = "v", .headers = {}}));
}

TEST_F(KafkaWriterTest, abort_drops_what_no_broker_has_taken) {
  cluster_.create_topic("out", 1);
  KafkaOptions options = cluster_.options();
  options.properties["linger.ms"] = "5000";
  const auto writer = open_writer(options);
  const TopicId topic = open_topic(*writer, "out");
  OutputBatch dropped;
  dropped.append(record(topic, "k", "dropped"));
  expect_ok(writer->begin());
  expect_ok(writer->append(dropped));
  expect_ok(writer->abort());
  OutputBatch kept;
  kept.append(record(topic, "k", "kept"));
  write_epoch(*writer, kept);
  EXPECT_THAT(cluster_.read("out", 0),
              ElementsAre(SeenRecord{.key = "k", .value = "kept", .headers = {}}));
}

TEST_F(KafkaWriterTest, positions_are_shown_in_the_group_with_their_metadata) {
  cluster_.create_topic("in", 1);
  auto writer = open_writer(cluster_.options());
  const std::vector<CommittedPosition> positions = {
      {.partition = {"in", PartitionId(0)}, .next = Offset(42), .metadata = "epoch 7"}};
  expect_ok(writer->begin());
  expect_ok(writer->commit(positions, {}));
  // The answer is waited for at the end, not by the epoch.
  writer.reset();

  const std::vector<KafkaSetting> settings = {
      {"group.id", "job", KafkaSetting::Strength::kRequired}};
  auto conf = make_kafka_conf(cluster_.options(), settings);
  ASSERT_TRUE(conf);
  const auto client = make_kafka_client(RD_KAFKA_CONSUMER, *std::move(conf));
  ASSERT_TRUE(client);
  const KafkaPartitionListPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), "in", 0);
  ASSERT_EQ(rd_kafka_committed(client->get(), list.get(), 5000), RD_KAFKA_RESP_ERR_NO_ERROR);
  EXPECT_EQ(list->elems[0].offset, 42);
  EXPECT_EQ(std::string_view(static_cast<const char*>(list->elems[0].metadata),
                             list->elems[0].metadata_size),
            "epoch 7");
}

TEST_F(KafkaWriterTest, an_unknown_topic_is_named_with_what_to_do) {
  rd_kafka_mock_topic_set_error(&cluster_.get(), "nowhere",
                                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const auto writer = open_writer(cluster_.options());
  const auto topic = writer->open_topic("nowhere");
  ASSERT_FALSE(topic);
  EXPECT_EQ(topic.error(),
            invalid_config(concat("no topic nowhere at Kafka ", cluster_.options().brokers,
                                  ": create it, or say `create: {partitions: n}` at the output")));
}

TEST_F(KafkaWriterTest, a_broker_that_is_down_is_unavailable_and_named) {
  const auto writer =
      open_writer({.brokers = std::string(kNobody), .properties = {}, .request_timeout = kShort});
  const auto topic = writer->open_topic("out");
  ASSERT_FALSE(topic);
  EXPECT_EQ(topic.error().kind(), ErrorKind::kUnavailable);
  EXPECT_TRUE(topic.error().retriable());
  EXPECT_THAT(topic.error().message(), HasSubstr("asking Kafka at 127.0.0.1:1 for topic out"));
}

TEST_F(KafkaWriterTest, an_epoch_is_written_again_after_the_broker_came_back) {
  cluster_.create_topic("out", 1);
  KafkaOptions options = cluster_.options();
  options.request_timeout = kShort;
  const auto writer = open_writer(options);
  OutputBatch batch;
  batch.append(record(open_topic(*writer, "out"), "k", "v"));
  rd_kafka_mock_broker_set_down(&cluster_.get(), MockCluster::kBroker);
  expect_ok(writer->begin());
  expect_ok(writer->append(batch));
  const auto committed = writer->commit({}, {});
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().kind(), ErrorKind::kUnavailable);
  EXPECT_TRUE(committed.error().retriable());

  expect_ok(writer->abort());
  rd_kafka_mock_broker_set_up(&cluster_.get(), MockCluster::kBroker);
  // Coming back may take longer than the test's short time-outs.
  Result<void> again = unavailable("not tried");
  for (int i = 0; i < 20 && !again; ++i) {
    expect_ok(writer->begin());
    expect_ok(writer->append(batch));
    again = writer->commit({}, {});
    if (!again) expect_ok(writer->abort());
  }
  expect_ok(again);
  EXPECT_THAT(cluster_.read("out", 0),
              ::testing::Contains(SeenRecord{.key = "k", .value = "v", .headers = {}}));
}

}  // namespace
}  // namespace sitrep
