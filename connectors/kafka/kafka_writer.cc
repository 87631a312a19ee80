// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_writer.h"

#include <utility>

#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {

Result<std::unique_ptr<LogWriter>> KafkaWriter::open(const KafkaOptions& options,
                                                     const WriterOptions& writer_options,
                                                     const Clock& clock, SharedKafkaClient member) {
  std::unique_ptr<KafkaWriter> writer(new KafkaWriter);
  ASSIGN_OR_RETURN(writer->sender_, RecordSender::open(options, {}, clock));
  ASSIGN_OR_RETURN(writer->positions_,
                   GroupPositions::open(options, writer_options.group, std::move(member)));
  return std::unique_ptr<LogWriter>(std::move(writer));
}

Result<TopicId> KafkaWriter::open_topic(const std::string& topic) {
  return sender_->open_topic(topic);
}

Result<void> KafkaWriter::begin() {
  if (const auto fatal = sender_->producer().fatal_error()) {
    log_warning("Kafka producer is replaced: ", fatal->message());
    TRY(sender_->replace_producer());
  }
  return sender_->refresh_partition_counts();
}

Result<void> KafkaWriter::append(const OutputBatch& batch) { return sender_->send(batch); }

Result<std::vector<Offset>> KafkaWriter::append_located(const OutputBatch& batch) {
  return sender_->send_located(batch);
}

Result<void> KafkaWriter::commit(std::span<const CommittedPosition> positions,
                                 const Generation&) {
  TRY(sender_->producer().flush());
  return positions_->commit(positions);
}

Result<void> KafkaWriter::abort() { return sender_->producer().drop(); }

}  // namespace sitrep
