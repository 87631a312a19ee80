// SPDX-License-Identifier: Apache-2.0
#pragma once
// A real broker, topics and groups of each test's own on it, and a plain consumer that sees what
// any reader sees. Everything waits for what it expects, up to kPatience. The broker is named by
// SITREP_BROKERS; without it the tests are skipped. Thread-compatible.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/clock.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {

inline constexpr Micros kPatience = 60 * kMicrosPerSecond;

class KafkaTransactionsTesting : public ::testing::Test {
 protected:
  using Values = std::vector<std::string>;

  void SetUp() override {
    const char* const brokers = std::getenv("SITREP_BROKERS");
    if (brokers == nullptr) GTEST_SKIP() << "SITREP_BROKERS names no broker";
    options_.brokers = brokers;
    log_ = open_log();
  }

  std::unique_ptr<Log> open_log(const std::map<std::string, std::string>& properties = {}) const {
    KafkaOptions options = options_;
    options.properties = properties;
    options.properties.try_emplace("session.timeout.ms", "6000");
    auto log = open_kafka_log(std::move(options), clock_);
    EXPECT_TRUE(log) << log.error().message();
    return *std::move(log);
  }

  /// Names that no other test has, and no other run.
  std::string own(const std::string& name) const {
    return concat(::testing::UnitTest::GetInstance()->current_test_info()->name(), ".", began_, ".",
                  name);
  }

  std::string make_topic(const std::string& name, std::int32_t partitions = 1) const {
    const auto made = log_->create_topic(own(name), {.partitions = partitions, .settings = {}});
    EXPECT_TRUE(made) << made.error().message();
    return own(name);
  }

  std::unique_ptr<LogWriter> open_writer(Log& log, const std::string& instance = "one") const {
    auto writer =
        log.open_writer({.group = own("group"), .instance = instance, .transactional = true});
    EXPECT_TRUE(writer) << writer.error().message();
    return *std::move(writer);
  }

  std::unique_ptr<GroupReader> join(Log& log, const std::string& topic,
                                    const std::string& instance = "one") const {
    auto group = log.join({.group = own("group"), .instance = instance, .topics = {topic}});
    EXPECT_TRUE(group) << group.error().message();
    return *std::move(group);
  }

  /// Serves the group until its assignment changes.
  AssignmentChange next_change(GroupReader& group) const {
    const Micros deadline = clock_.monotonic() + kPatience;
    while (clock_.monotonic() < deadline) {
      auto change = group.poll(10 * kMicrosPerMilli);
      EXPECT_TRUE(change) << change.error().message();
      if (change && *change) return **std::move(change);
    }
    ADD_FAILURE() << "the assignment does not change";
    return {};
  }

  /// Answers what the group says until it has assigned as many partitions.
  Generation assigned(GroupReader& group, std::size_t partitions) const {
    while (true) {
      AssignmentChange change = next_change(group);
      if (HasFailure()) return {};
      if (change.kind != AssignmentChange::Kind::kAssigned) {
        expect_ok(group.unassign());
        continue;
      }
      std::vector<StartPosition> starts;
      for (const TopicPartition& partition : change.partitions) {
        starts.push_back({.partition = partition, .offset = Offset(0)});
      }
      EXPECT_TRUE(group.assign(starts));
      if (change.partitions.size() == partitions) return change.generation;
    }
  }

  static OutputBatch batch_of(TopicId topic, const Values& values, std::int32_t partition = 0) {
    OutputBatch batch;
    for (const std::string& value : values) {
      batch.append({.topic = topic,
                    .partition = PartitionId(partition),
                    .key = std::nullopt,
                    .value = value,
                    .headers = {},
                    .timestamp = std::nullopt});
    }
    return batch;
  }

  /// Of partition 0.
  static CommittedPosition position_of(const std::string& topic, Offset next,
                                       std::string metadata) {
    CommittedPosition position;
    position.partition = {topic, PartitionId(0)};
    position.next = next;
    position.metadata = std::move(metadata);
    return position;
  }

  /// One epoch of these records, without positions.
  static Result<void> write_epoch(LogWriter& writer, const std::string& topic,
                                  const Values& values) {
    ASSIGN_OR_RETURN(const TopicId id, writer.open_topic(topic));
    TRY(writer.begin());
    TRY(writer.append(batch_of(id, values)));
    return writer.commit({}, {});
  }

  /// What a consumer that is not ours reads until the partition's end.
  Values consume(const std::string& topic, const std::string& isolation = "read_committed",
                 std::int32_t partition = 0) const {
    using enum KafkaSetting::Strength;
    const std::vector<KafkaSetting> settings = {{"group.id", own("looking"), kRequired},
                                                {"enable.auto.commit", "false", kRequired},
                                                {"isolation.level", isolation, kRequired},
                                                {"enable.partition.eof", "true", kRequired}};
    auto conf = make_kafka_conf(options_, settings);
    ENSURE(conf.has_value(), "the settings are valid");
    const auto client = make_kafka_client(RD_KAFKA_CONSUMER, *std::move(conf));
    ENSURE(client.has_value(), "a consumer starts");
    const KafkaPartitionListPtr list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client->get(), list.get());
    Values values;
    while (true) {
      const KafkaMessagePtr message(rd_kafka_consumer_poll(client->get(), 10'000));
      EXPECT_NE(message, nullptr) << "no end of " << topic;
      if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return values;
      values.emplace_back(static_cast<const char*>(message->payload), message->len);
    }
  }

  /// "offset: value" of what the reader finds until it stands at `end`.
  Values read_to(PartitionReader& reader, Offset end) const {
    Values values;
    const Micros deadline = clock_.monotonic() + kPatience;
    while (reader.position() < end && clock_.monotonic() < deadline) {
      RecordBatch batch;
      const auto read = reader.read(100, batch);
      EXPECT_TRUE(read) << read.error().message();
      if (!read) break;
      for (const RecordView& record : batch.records()) {
        values.push_back(concat(record.offset, ": ", record.value.value_or("null")));
      }
    }
    EXPECT_GE(reader.position(), end);
    return values;
  }

  static void expect_ok(const Result<void>& result) {
    EXPECT_TRUE(result) << result.error().message();
  }

  const SystemClock clock_;
  const Micros began_ = clock_.monotonic();
  KafkaOptions options_;
  std::unique_ptr<Log> log_;
};

}  // namespace sitrep
