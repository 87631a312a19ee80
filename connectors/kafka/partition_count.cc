// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/partition_count.h"

#include <span>

#include "connectors/kafka/kafka_error.h"
#include "engine/base/text.h"

namespace sitrep {

int to_milliseconds(Micros time) { return static_cast<int>(time / kMicrosPerMilli); }

Result<std::optional<std::int32_t>> count_partitions(rd_kafka_t& client, const std::string& topic,
                                                     const KafkaOptions& options) {
  const std::string attempted =
      concat("asking Kafka at ", options.brokers, " for topic ", topic);
  const KafkaTopicPtr handle(rd_kafka_topic_new(&client, topic.c_str(), nullptr));
  if (handle == nullptr) return kafka_error(attempted, rd_kafka_last_error());

  const rd_kafka_metadata_t* answer = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(&client, 0, handle.get(), &answer,
                                                     to_milliseconds(options.request_timeout));
  const KafkaMetadataPtr metadata(answer);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(attempted, code);
  const std::span topics(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt));
  if (topics.empty()) return std::optional<std::int32_t>();
  if (topics[0].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return std::optional<std::int32_t>();
  }
  if (topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(attempted, topics[0].err);
  if (topics[0].partition_cnt == 0) {
    return unavailable(concat(attempted, ": it is still being created"));
  }
  return std::optional<std::int32_t>(topics[0].partition_cnt);
}

}  // namespace sitrep
