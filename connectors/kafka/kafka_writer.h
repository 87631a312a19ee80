// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes epochs to Kafka at least once: records are on their way from append() on, commit() waits
// until all of them are acknowledged, abort() drops those that are not. After a failure the caller
// aborts and writes the epoch again; a producer that can never write again is replaced at begin().
// Transactions will be a writer of their own over the same KafkaProducer. Used only by the
// committer.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "connectors/kafka/kafka_producer.h"
#include "connectors/kafka/shown_positions.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

class KafkaWriter final : public LogWriter {
 public:
  /// Waits for no broker. `clock` outlives the writer. `member` is this process in the group, null
  /// when it is in none.
  static Result<std::unique_ptr<LogWriter>> open(const KafkaOptions& options,
                                                 const WriterOptions& writer_options,
                                                 const Clock& clock, SharedKafkaClient member);

  Result<TopicId> open_topic(const std::string& topic) override;
  Result<void> begin() override;
  Result<void> append(const OutputBatch& batch) override;
  Result<void> commit(std::span<const CommittedPosition> positions,
                      const Generation& generation) override;
  Result<void> abort() override;

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

  KafkaWriter(KafkaOptions options, const Clock& clock);
  Result<void> make_producer();
  Result<KafkaTopicPtr> make_handle(const std::string& topic);
  Result<void> refresh_partition_counts();
  static Result<PartitionId> choose_partition(OpenTopic& topic, const OutputRecord& record);
  Result<void> send_runs(OpenTopic& topic);

  const KafkaOptions options_;
  const Clock& clock_;
  Micros counted_at_;
  std::unique_ptr<ShownPositions> shown_positions_;
  /// Before the topics: their handles belong to it.
  std::unique_ptr<KafkaProducer> producer_;
  std::vector<OpenTopic> topics_;
};

}  // namespace sitrep
