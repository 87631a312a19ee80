// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/record_sender.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "connectors/kafka/kafka_error.h"
#include "connectors/kafka/murmur2.h"
#include "connectors/kafka/partition_count.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

// Partitions are added by hand and rarely; a request a minute costs nothing.
constexpr Micros kCountAge = 60 * kMicrosPerSecond;

}  // namespace

Result<std::unique_ptr<RecordSender>> RecordSender::open(const KafkaOptions& options,
                                                         std::vector<KafkaSetting> settings,
                                                         const Clock& clock) {
  std::unique_ptr<RecordSender> sender(new RecordSender(options, std::move(settings), clock));
  TRY(sender->replace_producer());
  return sender;
}

RecordSender::RecordSender(KafkaOptions options, std::vector<KafkaSetting> settings,
                           const Clock& clock)
    : options_(std::move(options)),
      settings_(std::move(settings)),
      clock_(clock),
      counted_at_(clock.monotonic()) {}

Result<void> RecordSender::replace_producer() {
  for (OpenTopic& topic : topics_) topic.handle.reset();
  producer_.reset();
  ASSIGN_OR_RETURN(producer_, KafkaProducer::open(options_, settings_));
  for (OpenTopic& topic : topics_) {
    ASSIGN_OR_RETURN(topic.handle, make_handle(topic.name));
  }
  return {};
}

Result<KafkaTopicPtr> RecordSender::make_handle(const std::string& topic) {
  KafkaTopicPtr handle(rd_kafka_topic_new(&producer_->client(), topic.c_str(), nullptr));
  if (handle == nullptr) return kafka_error(concat("opening topic ", topic), rd_kafka_last_error());
  return handle;
}

Result<TopicId> RecordSender::open_topic(const std::string& topic) {
  const auto open = std::ranges::find(topics_, topic, &OpenTopic::name);
  if (open != topics_.end()) return TopicId(static_cast<std::uint32_t>(open - topics_.begin()));
  // The handle first: the answer about the topic then is the producer's own knowledge too. Without
  // it the first epoch takes up to a second longer.
  ASSIGN_OR_RETURN(KafkaTopicPtr handle, make_handle(topic));
  ASSIGN_OR_RETURN(const std::optional<std::int32_t> partitions,
                   count_partitions(producer_->client(), topic, options_));
  if (!partitions) {
    return invalid_config(concat("no topic ", topic, " at Kafka ", options_.brokers,
                                 ": create it, or say `create: {partitions: n}` at the output"));
  }
  topics_.push_back({.name = topic,
                     .partitions = *partitions,
                     .turn = 0,
                     .handle = std::move(handle),
                     .runs = {}});
  return TopicId(static_cast<std::uint32_t>(topics_.size() - 1));
}

Result<void> RecordSender::refresh_partition_counts() {
  if (clock_.monotonic() - counted_at_ < kCountAge) return {};
  for (OpenTopic& topic : topics_) {
    ASSIGN_OR_RETURN(const std::optional<std::int32_t> partitions,
                     count_partitions(producer_->client(), topic.name, options_));
    if (!partitions) return unavailable(concat("topic ", topic.name, " is gone from Kafka"));
    topic.partitions = *partitions;
  }
  counted_at_ = clock_.monotonic();
  return {};
}

Result<PartitionId> RecordSender::choose_partition(OpenTopic& topic, const OutputRecord& record) {
  if (record.partition) {
    if (*record.partition < PartitionId(topic.partitions)) return *record.partition;
    return invalid_config(concat("no partition ", *record.partition, " in Kafka topic ", topic.name,
                                 ": it has ", topic.partitions));
  }
  if (record.key) return partition_of_key(*record.key, topic.partitions);
  topic.turn = (topic.turn + 1) % topic.partitions;
  return PartitionId(topic.turn);
}

Result<void> RecordSender::send(const OutputBatch& batch) {
  for (OpenTopic& topic : topics_) {
    topic.runs.resize(static_cast<std::size_t>(topic.partitions));
    for (auto& run : topic.runs) run.clear();
  }
  for (const OutputRecord& record : batch.records()) {
    ENSURE(record.topic.value() < topics_.size(), "a record's topic was opened");
    OpenTopic& topic = topics_[record.topic.value()];
    ASSIGN_OR_RETURN(const PartitionId partition, choose_partition(topic, record));
    topic.runs[static_cast<std::size_t>(partition.value())].push_back(&record);
  }
  for (OpenTopic& topic : topics_) TRY(send_runs(topic));
  return {};
}

Result<void> RecordSender::send_runs(OpenTopic& topic) {
  for (std::size_t i = 0; i < topic.runs.size(); ++i) {
    TRY(producer_->send(*topic.handle, PartitionId(static_cast<std::int32_t>(i)), topic.runs[i]));
  }
  return {};
}

Result<std::vector<Offset>> RecordSender::send_located(const OutputBatch& batch) {
  for (const OutputRecord& record : batch.records()) {
    ENSURE(record.topic.value() < topics_.size(), "a record's topic was opened");
    OpenTopic& topic = topics_[record.topic.value()];
    ASSIGN_OR_RETURN(const PartitionId partition, choose_partition(topic, record));
    TRY(producer_->send_located(*topic.handle, partition, record));
  }
  return producer_->flush_located();
}

}  // namespace sitrep
