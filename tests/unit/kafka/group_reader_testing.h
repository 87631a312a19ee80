// SPDX-License-Identifier: Apache-2.0
#pragma once
// A topic of a mock cluster, and members of a group that read it. Everything waits for what it
// expects, up to kPatience, and no longer than that. Thread-compatible.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/kafka_log.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "tests/unit/kafka/mock_cluster.h"

namespace sitrep {

/// For what the mock's threads do; nothing here takes a tenth of it on an idle machine.
inline constexpr Micros kPatience = 30 * kMicrosPerSecond;

class GroupReaderTesting : public ::testing::Test {
 protected:
  using Readers = std::vector<std::unique_ptr<PartitionReader>>;

  GroupReaderTesting() { cluster_.create_topic("in", kPartitions); }

  /// Heartbeats so often, and a session so short, that the mock rebalances within a second.
  std::unique_ptr<Log> open_log(bool sole_reader) {
    KafkaOptions options = cluster_.options();
    options.sole_reader = sole_reader;
    options.properties["heartbeat.interval.ms"] = "50";
    options.properties["session.timeout.ms"] = "1500";
    auto log = open_kafka_log(std::move(options), clock_);
    EXPECT_TRUE(log) << log.error().message();
    return *std::move(log);
  }

  static std::unique_ptr<GroupReader> join(Log& log, const std::string& instance,
                                           std::set<std::string> header_topics = {}) {
    auto group = log.join({.group = "job",
                           .instance = instance,
                           .topics = {"in"},
                           .header_topics = std::move(header_topics)});
    EXPECT_TRUE(group) << group.error().message();
    return *std::move(group);
  }

  static TopicPartition in(std::int32_t partition) { return {"in", PartitionId(partition)}; }

  void write(std::int32_t partition, const std::vector<std::string>& values,
             const std::vector<HeaderView>& headers = {}) {
    const auto log = open_log(/*sole_reader=*/true);
    const auto writer = *log->open_writer({.group = "source", .instance = "one"});
    const auto topic = writer->open_topic("in");
    ASSERT_TRUE(topic) << topic.error().message();
    OutputBatch batch;
    for (const std::string& value : values) {
      batch.append({.topic = *topic,
                    .partition = PartitionId(partition),
                    .key = std::nullopt,
                    .value = value,
                    .headers = headers,
                    .timestamp = std::nullopt});
    }
    ASSERT_TRUE(writer->begin());
    ASSERT_TRUE(writer->append(batch));
    ASSERT_TRUE(writer->commit({}, {}));
  }

  /// One reader of each partition, from these offsets on.
  static Readers assign(GroupReader& group, const std::vector<StartPosition>& starts) {
    auto readers = group.assign(starts);
    EXPECT_TRUE(readers) << readers.error().message();
    return *std::move(readers);
  }

  /// "offset: value name=value…" of the records that come until there are `count`.
  std::vector<std::string> read(GroupReader& group, PartitionReader& reader, std::size_t count,
                                std::size_t records_max = 100) {
    std::vector<std::string> out;
    const Micros deadline = clock_.monotonic() + kPatience;
    while (out.size() < count && clock_.monotonic() < deadline) {
      RecordBatch batch;
      const auto result = reader.read(records_max, batch);
      EXPECT_TRUE(result) << result.error().message();
      EXPECT_LE(batch.size(), records_max);
      for (const RecordView& record : batch.records()) {
        std::string& line =
            out.emplace_back(concat(record.offset, ": ", record.value.value_or("null")));
        for (const HeaderView& header : record.headers) {
          line += concat(" ", header.name, "=", header.value.value_or("null"));
        }
      }
      if (batch.empty()) serve(group);
    }
    return out;
  }

  /// The error that reading ends in.
  std::optional<Error> read_until_error(GroupReader& group, PartitionReader& reader) {
    const Micros deadline = clock_.monotonic() + kPatience;
    while (clock_.monotonic() < deadline) {
      RecordBatch batch;
      if (auto result = reader.read(100, batch); !result) return std::move(result).error();
      serve(group);
    }
    return std::nullopt;
  }

  /// Polls a group that nothing is expected of; that is the test's way to let time pass.
  static void serve(GroupReader& group) {
    const auto change = group.poll(kMicrosPerMilli);
    ASSERT_TRUE(change) << change.error().message();
    EXPECT_FALSE(*change) << "an assignment changed";
  }

  SystemClock clock_;
  MockCluster cluster_;
  static constexpr int kPartitions = 2;
};

}  // namespace sitrep
