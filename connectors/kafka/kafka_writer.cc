// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_writer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "connectors/kafka/kafka_error.h"
#include "connectors/kafka/murmur2.h"
#include "connectors/kafka/partition_count.h"
#include "engine/base/ensure.h"
#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

// Partitions are added by hand and rarely; a request a minute costs nothing.
constexpr Micros kCountAge = 60 * kMicrosPerSecond;

}  // namespace

Result<std::unique_ptr<LogWriter>> KafkaWriter::open(const KafkaOptions& options,
                                                     const WriterOptions& writer_options,
                                                     const Clock& clock, SharedKafkaClient member) {
  std::unique_ptr<KafkaWriter> writer(new KafkaWriter(options, clock));
  TRY(writer->make_producer());
  ASSIGN_OR_RETURN(writer->shown_positions_,
                   ShownPositions::open(options, writer_options.group, std::move(member)));
  return std::unique_ptr<LogWriter>(std::move(writer));
}

KafkaWriter::KafkaWriter(KafkaOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), counted_at_(clock.monotonic()) {}

Result<void> KafkaWriter::make_producer() {
  for (OpenTopic& topic : topics_) topic.handle.reset();
  producer_.reset();
  ASSIGN_OR_RETURN(producer_, KafkaProducer::open(options_));
  for (OpenTopic& topic : topics_) {
    ASSIGN_OR_RETURN(topic.handle, make_handle(topic.name));
  }
  return {};
}

Result<KafkaTopicPtr> KafkaWriter::make_handle(const std::string& topic) {
  KafkaTopicPtr handle(rd_kafka_topic_new(&producer_->client(), topic.c_str(), nullptr));
  if (handle == nullptr) return kafka_error(concat("opening topic ", topic), rd_kafka_last_error());
  return handle;
}

Result<TopicId> KafkaWriter::open_topic(const std::string& topic) {
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

Result<void> KafkaWriter::begin() {
  if (const auto fatal = producer_->fatal_error()) {
    log_warning("Kafka producer is replaced: ", fatal->message());
    TRY(make_producer());
  }
  if (clock_.monotonic() - counted_at_ >= kCountAge) return refresh_partition_counts();
  return {};
}

Result<void> KafkaWriter::refresh_partition_counts() {
  for (OpenTopic& topic : topics_) {
    ASSIGN_OR_RETURN(const std::optional<std::int32_t> partitions,
                     count_partitions(producer_->client(), topic.name, options_));
    if (!partitions) return unavailable(concat("topic ", topic.name, " is gone from Kafka"));
    topic.partitions = *partitions;
  }
  counted_at_ = clock_.monotonic();
  return {};
}

Result<PartitionId> KafkaWriter::choose_partition(OpenTopic& topic, const OutputRecord& record) {
  if (record.partition) {
    if (*record.partition < PartitionId(topic.partitions)) return *record.partition;
    return invalid_config(concat("no partition ", *record.partition, " in Kafka topic ", topic.name,
                                 ": it has ", topic.partitions));
  }
  if (record.key) return partition_of_key(*record.key, topic.partitions);
  topic.turn = (topic.turn + 1) % topic.partitions;
  return PartitionId(topic.turn);
}

Result<void> KafkaWriter::append(const OutputBatch& batch) {
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

Result<void> KafkaWriter::send_runs(OpenTopic& topic) {
  for (std::size_t i = 0; i < topic.runs.size(); ++i) {
    TRY(producer_->send(*topic.handle, PartitionId(static_cast<std::int32_t>(i)), topic.runs[i]));
  }
  return {};
}

Result<void> KafkaWriter::commit(std::span<const CommittedPosition> positions,
                                 const Generation&) {
  TRY(producer_->flush());
  shown_positions_->commit(positions);
  return {};
}

Result<void> KafkaWriter::abort() { return producer_->drop(); }

}  // namespace sitrep
