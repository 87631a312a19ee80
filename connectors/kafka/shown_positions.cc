// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/shown_positions.h"

#include <cstring>
#include <utility>
#include <vector>

#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/partition_count.h"
#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr Micros kLastAnswerWait = kMicrosPerSecond;

KafkaPartitionListPtr make_list(const std::map<TopicPartition, CommittedPosition>& positions) {
  KafkaPartitionListPtr list(
      rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const auto& [partition, position] : positions) {
    rd_kafka_topic_partition_t* entry = rd_kafka_topic_partition_list_add(
        list.get(), partition.topic.c_str(), partition.partition.value());
    entry->offset = position.next.value();
    if (position.metadata.empty()) continue;
    // Freed with the list.
    entry->metadata = rd_kafka_mem_malloc(nullptr, position.metadata.size());
    entry->metadata_size = position.metadata.size();
    std::memcpy(entry->metadata, position.metadata.data(), position.metadata.size());
  }
  return list;
}

}  // namespace

Result<std::unique_ptr<ShownPositions>> ShownPositions::open(const KafkaOptions& options,
                                                             const std::string& group,
                                                             SharedKafkaClient member) {
  using enum KafkaSetting::Strength;
  const std::vector<KafkaSetting> settings = {
      {"group.id", group, kRequired},
      {"enable.auto.commit", "false", kRequired},
      {"allow.auto.create.topics", "false", kRequired},
      {"socket.nagle.disable", "true", kDefault},
  };
  std::unique_ptr<ShownPositions> shown(new ShownPositions(group));
  shown->client_ = std::move(member);
  if (shown->client_ == nullptr) {
    ASSIGN_OR_RETURN(KafkaConfPtr conf, make_kafka_conf(options, settings));
    ASSIGN_OR_RETURN(shown->client_, make_kafka_client(RD_KAFKA_CONSUMER, std::move(conf)));
  }
  shown->answers_.reset(rd_kafka_queue_new(shown->client_.get()));
  return shown;
}

ShownPositions::ShownPositions(std::string group) : group_(std::move(group)) {}

ShownPositions::~ShownPositions() {
  if (answer_due_) take_answer(kLastAnswerWait);
  send_unsent();
  if (answer_due_) take_answer(kLastAnswerWait);
}

void ShownPositions::commit(std::span<const CommittedPosition> positions) {
  for (const CommittedPosition& position : positions) unsent_[position.partition] = position;
  if (answer_due_) take_answer(0);
  send_unsent();
}

void ShownPositions::send_unsent() {
  if (answer_due_ || unsent_.empty()) return;
  const KafkaPartitionListPtr list = make_list(unsent_);
  unsent_.clear();
  const auto code =
      rd_kafka_commit_queue(client_.get(), list.get(), answers_.get(), nullptr, nullptr);
  answer_due_ = code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void ShownPositions::take_answer(Micros wait) {
  const KafkaEventPtr event(rd_kafka_queue_poll(answers_.get(), to_milliseconds(wait)));
  if (event == nullptr) return;
  answer_due_ = false;
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
  if (code == std::exchange(last_code_, code) || code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  log_warning("group ", group_, " at Kafka shows old positions: ", rd_kafka_err2str(code));
}

}  // namespace sitrep
