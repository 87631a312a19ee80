// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every writer of epochs does with records: topics by number, the partition of each record,
// and runs per partition into one KafkaProducer, which can be replaced by a new one. Used only by
// its writer's thread.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/kafka_log.h"
#include "connectors/kafka/kafka_producer.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

class RecordSender {
 public:
  /// `settings` are the producer's beyond those that every one has. Waits for no broker. `clock`
  /// outlives the sender.
  static Result<std::unique_ptr<RecordSender>> open(const KafkaOptions& options,
                                                    std::vector<KafkaSetting> settings,
                                                    const Clock& clock);

  KafkaProducer& producer() { return *producer_; }
  /// A new producer in place of one that can never write again.
  Result<void> replace_producer();
  /// See LogWriter.
  Result<TopicId> open_topic(const std::string& topic);
  /// Notices partitions that were added; asks now and then.
  Result<void> refresh_partition_counts();
  /// Hands the records over to the producer.
  Result<void> send(const OutputBatch& batch);
  /// The same in order, and returns when all are stored, with the offset of each.
  Result<std::vector<Offset>> send_located(const OutputBatch& batch);

 private:
  struct OpenTopic {
    std::string name;
    std::int32_t partitions;
    /// Partition of the next record without a key.
    std::int32_t turn;
    KafkaTopicPtr handle;
    /// Records of the batch in hand by partition; empty between calls.
    std::vector<std::vector<const OutputRecord*>> runs;
  };

  RecordSender(KafkaOptions options, std::vector<KafkaSetting> settings, const Clock& clock);
  Result<KafkaTopicPtr> make_handle(const std::string& topic);
  static Result<PartitionId> choose_partition(OpenTopic& topic, const OutputRecord& record);
  Result<void> send_runs(OpenTopic& topic);

  const KafkaOptions options_;
  const std::vector<KafkaSetting> settings_;
  const Clock& clock_;
  Micros counted_at_;
  /// Before the topics: their handles belong to it.
  std::unique_ptr<KafkaProducer> producer_;
  std::vector<OpenTopic> topics_;
};

}  // namespace sitrep
