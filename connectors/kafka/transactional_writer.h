// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes epochs to Kafka exactly once: records, and the positions with what stands beside them, in
// one transaction. It is begun by the first record, so that an idle process holds none open. Every
// failure has one road: the epoch's call returns an Error, and abort() ends the transaction, with a
// new producer where the old one can do no more or where nobody knows how its commit ended
// (init_transactions settles that at the broker). Used only by the committer.
//
// What librdkafka says of an error decides: retriable, the same call again; abortable or fatal, the
// epoch has failed. Facts that the code rests on (decision 0006): a commit that timed
// out may have happened; after a producer was fenced its successor has the id.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "connectors/kafka/record_sender.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

class KafkaTransactionalWriter final : public LogWriter {
 public:
  /// Ends what an earlier process of the same instance left open, and waits for that. `clock`
  /// outlives the writer.
  static Result<std::unique_ptr<LogWriter>> open(const KafkaOptions& options,
                                                 const WriterOptions& writer_options,
                                                 const Clock& clock);

  Result<TopicId> open_topic(const std::string& topic) override;
  Result<void> begin() override;
  Result<void> append(const OutputBatch& batch) override;
  Result<std::vector<Offset>> append_located(const OutputBatch& batch) override;
  Result<void> commit(std::span<const CommittedPosition> positions,
                      const Generation& generation) override;
  Result<void> abort() override;

 private:
  KafkaTransactionalWriter(const KafkaOptions& options, const WriterOptions& writer_options,
                           const Clock& clock);
  Result<void> init_transactions();
  /// Begins the transaction if none is open.
  Result<void> ensure_begun();
  Result<void> send_positions(std::span<const CommittedPosition> positions,
                              const Generation& generation);
  Result<KafkaGroupMetadataPtr> group_metadata(const Generation& generation) const;
  /// What the error means for us; notes when the producer must be replaced.
  Error failed(std::string_view attempted, const rd_kafka_error_t& error);
  Result<void> abort_transaction();
  Result<void> replace_producer();
  rd_kafka_t& client() { return sender_->producer().client(); }

  const KafkaOptions options_;
  const std::string group_;
  const std::string id_;
  const Clock& clock_;
  std::unique_ptr<RecordSender> sender_;
  bool ready_ = false;    // init_transactions has succeeded for this producer
  bool begun_ = false;    // a transaction is open
  bool replace_ = false;  // this producer can do no more, or its commit's outcome is unknown
  bool fenced_ = false;   // another producer took our id
  std::optional<Micros> fenced_at_;  // the time before, with no commit since
};

}  // namespace sitrep
