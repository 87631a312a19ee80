// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/group_positions.h"

#include <cstring>
#include <utility>
#include <vector>

#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/kafka_error.h"
#include "connectors/kafka/partition_count.h"
#include "engine/base/text.h"

namespace sitrep {

KafkaPartitionListPtr make_position_list(std::span<const CommittedPosition> positions) {
  KafkaPartitionListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const CommittedPosition& position : positions) {
    rd_kafka_topic_partition_t* entry = rd_kafka_topic_partition_list_add(
        list.get(), position.partition.topic.c_str(), position.partition.partition.value());
    entry->offset = position.next.value();
    if (position.metadata.empty()) continue;
    // Freed with the list.
    entry->metadata = rd_kafka_mem_malloc(nullptr, position.metadata.size());
    entry->metadata_size = position.metadata.size();
    std::memcpy(entry->metadata, position.metadata.data(), position.metadata.size());
  }
  return list;
}

Result<std::unique_ptr<GroupPositions>> GroupPositions::open(const KafkaOptions& options,
                                                             const std::string& group,
                                                             SharedKafkaClient member) {
  using enum KafkaSetting::Strength;
  const std::vector<KafkaSetting> settings = {
      {"group.id", group, kRequired},
      {"enable.auto.commit", "false", kRequired},
      {"allow.auto.create.topics", "false", kRequired},
      {"socket.nagle.disable", "true", kDefault},
  };
  std::unique_ptr<GroupPositions> made(new GroupPositions(options, group));
  made->client_ = std::move(member);
  if (made->client_ == nullptr) {
    ASSIGN_OR_RETURN(KafkaConfPtr conf, make_kafka_conf(options, settings));
    ASSIGN_OR_RETURN(made->client_, make_kafka_client(RD_KAFKA_CONSUMER, std::move(conf)));
  }
  return made;
}

GroupPositions::GroupPositions(const KafkaOptions& options, std::string group)
    : group_(std::move(group)),
      brokers_(options.brokers),
      request_timeout_(options.request_timeout) {}

Result<void> GroupPositions::commit(std::span<const CommittedPosition> positions) {
  if (positions.empty()) return {};
  const std::string attempted = concat("committing positions of group ", group_, " at ", brokers_);
  const KafkaPartitionListPtr list = make_position_list(positions);
  const KafkaQueuePtr answers(rd_kafka_queue_new(client_.get()));
  const auto sent =
      rd_kafka_commit_queue(client_.get(), list.get(), answers.get(), nullptr, nullptr);
  if (sent != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(attempted, sent);
  const KafkaEventPtr event(rd_kafka_queue_poll(answers.get(), to_milliseconds(request_timeout_)));
  if (event == nullptr) return kafka_error(attempted, RD_KAFKA_RESP_ERR__TIMED_OUT);
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(attempted, code);
  const rd_kafka_topic_partition_list_t* const answered =
      rd_kafka_event_topic_partition_list(event.get());
  for (int i = 0; answered != nullptr && i < answered->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = answered->elems[i];
    if (entry.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    return kafka_error(concat(attempted, ", topic ", entry.topic, ", partition ", entry.partition),
                       entry.err);
  }
  return {};
}

}  // namespace sitrep
