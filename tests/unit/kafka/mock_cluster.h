// SPDX-License-Identifier: Apache-2.0
#pragma once
// One broker inside the test's process: librdkafka's mock cluster, and a plain consumer to look at
// what arrived. It knows neither transactions nor topic creation. Thread-compatible.

#include <librdkafka/rdkafka.h>
// After rdkafka.h only.
#include <librdkafka/rdkafka_mock.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/ensure.h"

namespace sitrep {

/// A record as a reader outside sees it.
struct SeenRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  friend bool operator==(const SeenRecord&, const SeenRecord&) = default;
};

class MockCluster {
 public:
  static constexpr int kBroker = 1;

  MockCluster() : client_(make_client()), cluster_(rd_kafka_mock_cluster_new(client_.get(), 1)) {
    ENSURE(cluster_ != nullptr, "a mock cluster starts");
  }

  ~MockCluster() { rd_kafka_mock_cluster_destroy(cluster_); }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  rd_kafka_mock_cluster_t& get() { return *cluster_; }

  KafkaOptions options() const {
    return {.brokers = rd_kafka_mock_cluster_bootstraps(cluster_),
            .properties = {{"reconnect.backoff.max.ms", "100"}}};
  }

  void create_topic(const std::string& topic, int partitions) {
    const auto code = rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1);
    ENSURE(code == RD_KAFKA_RESP_ERR_NO_ERROR, "the mock creates topics");
  }

  /// Every record of the topic's partition, read to the end.
  std::vector<SeenRecord> read(const std::string& topic, std::int32_t partition) const {
    using enum KafkaSetting::Strength;
    const std::vector<KafkaSetting> settings = {{"group.id", "looking", kRequired},
                                                {"enable.auto.commit", "false", kRequired},
                                                {"fetch.wait.max.ms", "5", kRequired},
                                                {"enable.partition.eof", "true", kRequired}};
    auto conf = make_kafka_conf(options(), settings);
    ENSURE(conf.has_value(), "the settings are valid");
    auto client = make_kafka_client(RD_KAFKA_CONSUMER, *std::move(conf));
    ENSURE(client.has_value(), "a consumer starts");
    const KafkaPartitionListPtr list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = 0;
    rd_kafka_assign(client->get(), list.get());
    std::vector<SeenRecord> records;
    while (true) {
      const KafkaMessagePtr message(rd_kafka_consumer_poll(client->get(), kReadWaitMs));
      if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) break;
      records.push_back(seen(*message));
    }
    return records;
  }

 private:
  static constexpr int kReadWaitMs = 5000;

  static KafkaClientPtr make_client() {
    auto conf = make_kafka_conf({.brokers = "", .properties = {}}, {});
    ENSURE(conf.has_value(), "an empty configuration is valid");
    auto client = make_kafka_client(RD_KAFKA_PRODUCER, *std::move(conf));
    ENSURE(client.has_value(), "a client starts");
    return *std::move(client);
  }

  static std::optional<std::string> own(const void* bytes, std::size_t size) {
    if (bytes == nullptr) return std::nullopt;
    return std::string(static_cast<const char*>(bytes), size);
  }

  static SeenRecord seen(const rd_kafka_message_t& message) {
    SeenRecord record{.key = own(message.key, message.key_len),
                      .value = own(message.payload, message.len),
                      .headers = {}};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) ==
                            RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      record.headers.emplace_back(name, own(value, size));
    }
    return record;
  }

  KafkaClientPtr client_;
  rd_kafka_mock_cluster_t* cluster_;
};

}  // namespace sitrep
