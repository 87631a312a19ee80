// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/transactional_writer.h"

#include <algorithm>
#include <utility>

#include "connectors/kafka/group_positions.h"
#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/kafka_error.h"
#include "connectors/kafka/partition_count.h"
#include "engine/base/ensure.h"
#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr Micros kTransactionTimeout = 10 * kMicrosPerSecond;
/// How long the calls of one commit are repeated while librdkafka says that they may be. Well below
/// the transaction's timeout, after which the broker aborts it and fences us.
constexpr Micros kCommitPatience = 4 * kMicrosPerSecond;
constexpr Micros kInitPatience = 2 * kTransactionTimeout;
constexpr Micros kCallWait = kMicrosPerSecond;
/// A second fencing this soon after the first is no time-out of our own: somebody has our id.
constexpr Micros kFencedTwice = 30 * kMicrosPerSecond;
/// An EndTxn may overtake the request that tells the coordinator of our partitions (#4849 of
/// librdkafka), unless one record is known to be stored.
constexpr Micros kFirstReportWait = kMicrosPerSecond;

std::vector<KafkaSetting> transactional_settings(const std::string& id) {
  using enum KafkaSetting::Strength;
  return {
      {"transactional.id", id, kRequired},
      {"transaction.timeout.ms", concat(to_milliseconds(kTransactionTimeout)), kDefault},
      // AddOffsetsToTxn meets the markers of the transaction before, and waits this long: 105 ms a
      // commit with the default of 100, 9.5 ms with 5 (Kafka 4.1).
      {"retry.backoff.ms", "5", kDefault},
      // The flush says when; sooner would cut an epoch's records into more batches.
      {"linger.ms", "100", kDefault},
      // Not above the transaction's own timeout, says librdkafka.
      {"message.timeout.ms", concat(to_milliseconds(kTransactionTimeout)), kDefault},
  };
}

}  // namespace

Result<std::unique_ptr<LogWriter>> KafkaTransactionalWriter::open(
    const KafkaOptions& options, const WriterOptions& writer_options, const Clock& clock) {
  std::unique_ptr<KafkaTransactionalWriter> writer(
      new KafkaTransactionalWriter(options, writer_options, clock));
  ASSIGN_OR_RETURN(writer->sender_,
                   RecordSender::open(options, transactional_settings(writer->id_), clock));
  TRY(writer->init_transactions());
  return std::unique_ptr<LogWriter>(std::move(writer));
}

KafkaTransactionalWriter::KafkaTransactionalWriter(const KafkaOptions& options,
                                                   const WriterOptions& writer_options,
                                                   const Clock& clock)
    : options_(options),
      group_(writer_options.group),
      id_(concat(writer_options.group, "-", writer_options.instance)),
      clock_(clock) {}

Error KafkaTransactionalWriter::failed(std::string_view attempted, const rd_kafka_error_t& error) {
  const std::string text = concat(attempted, " of ", id_, " at ", options_.brokers);
  if (rd_kafka_error_is_fatal(&error) != 0) {
    replace_ = true;
    fenced_ = fenced_ || rd_kafka_error_code(&error) == RD_KAFKA_RESP_ERR__FENCED;
  }
  if (rd_kafka_error_is_retriable(&error) != 0 || rd_kafka_error_is_fatal(&error) != 0 ||
      rd_kafka_error_txn_requires_abort(&error) != 0) {
    // A bug stays one; all else may pass once the transaction is ended.
    return unavailable(concat(text, ": ", rd_kafka_error_string(&error)));
  }
  replace_ = true;
  return kafka_error(text, error);
}

Result<void> KafkaTransactionalWriter::init_transactions() {
  const Micros deadline = clock_.monotonic() + kInitPatience;
  while (true) {
    const KafkaErrorPtr error(rd_kafka_init_transactions(&client(), to_milliseconds(kCallWait)));
    if (error == nullptr) break;
    if (rd_kafka_error_is_retriable(error.get()) == 0 || clock_.monotonic() > deadline) {
      Error said = failed("beginning as the only writer", *error);
      // Rights and settings do not pass by themselves.
      const Error known = kafka_error(said.message(), *error);
      return known.kind() == ErrorKind::kInvalidConfig ? known : said;
    }
  }
  ready_ = true;
  return {};
}

Result<TopicId> KafkaTransactionalWriter::open_topic(const std::string& topic) {
  return sender_->open_topic(topic);
}

Result<void> KafkaTransactionalWriter::begin() {
  ENSURE(ready_ && !begun_ && !replace_, "abort() comes before begin() after a failure");
  return sender_->refresh_partition_counts();
}

Result<void> KafkaTransactionalWriter::ensure_begun() {
  if (begun_) return {};
  const KafkaErrorPtr error(rd_kafka_begin_transaction(&client()));
  if (error != nullptr) return failed("beginning a transaction", *error);
  begun_ = true;
  return {};
}

Result<void> KafkaTransactionalWriter::append(const OutputBatch& batch) {
  if (batch.empty()) return {};
  TRY(ensure_begun());
  return sender_->send(batch);
}

Result<std::vector<Offset>> KafkaTransactionalWriter::append_located(const OutputBatch& batch) {
  if (batch.empty()) return std::vector<Offset>();
  TRY(ensure_begun());
  return sender_->send_located(batch);
}

Result<KafkaGroupMetadataPtr> KafkaTransactionalWriter::group_metadata(
    const Generation& generation) const {
  if (generation.bytes.empty()) {
    // Brokers take positions of an outsider while the group has no members. A member never sends
    // them so: it would not be fenced.
    if (!options_.sole_reader) return internal_error("positions without a generation");
    return KafkaGroupMetadataPtr(rd_kafka_consumer_group_metadata_new(group_.c_str()));
  }
  rd_kafka_consumer_group_metadata_t* metadata = nullptr;
  const KafkaErrorPtr error(rd_kafka_consumer_group_metadata_read(
      &metadata, generation.bytes.data(), generation.bytes.size()));
  if (error != nullptr) {
    return internal_error(concat("the generation: ", rd_kafka_error_string(error.get())));
  }
  return KafkaGroupMetadataPtr(metadata);
}

Result<void> KafkaTransactionalWriter::send_positions(std::span<const CommittedPosition> positions,
                                                      const Generation& generation) {
  ASSIGN_OR_RETURN(const KafkaGroupMetadataPtr metadata, group_metadata(generation));
  const KafkaPartitionListPtr list = make_position_list(positions);
  const Micros deadline = clock_.monotonic() + kCommitPatience;
  while (true) {
    const KafkaErrorPtr error(rd_kafka_send_offsets_to_transaction(
        &client(), list.get(), metadata.get(), to_milliseconds(kCallWait)));
    if (error == nullptr) return {};
    // Again with the very same arguments, or not at all.
    if (rd_kafka_error_is_retriable(error.get()) == 0 || clock_.monotonic() > deadline) {
      return failed("sending the positions", *error);
    }
  }
}

Result<void> KafkaTransactionalWriter::commit(std::span<const CommittedPosition> positions,
                                              const Generation& generation) {
  if (!begun_ && positions.empty()) return {};
  TRY(ensure_begun());
  TRY(sender_->producer().flush());
  if (!positions.empty()) TRY(send_positions(positions, generation));
  const Micros deadline = clock_.monotonic() + kCommitPatience;
  while (true) {
    const KafkaErrorPtr error(rd_kafka_commit_transaction(&client(), to_milliseconds(kCallWait)));
    if (error == nullptr) break;
    const bool again = rd_kafka_error_is_retriable(error.get()) != 0;
    if (again && clock_.monotonic() <= deadline) continue;
    // It may have happened: only the broker can say, and says it to a new producer of the id.
    if (rd_kafka_error_txn_requires_abort(error.get()) == 0) replace_ = true;
    return failed("committing a transaction", *error);
  }
  begun_ = false;
  fenced_at_.reset();
  return {};
}

Result<void> KafkaTransactionalWriter::abort() {
  if (auto fatal = sender_->producer().fatal_error()) {
    replace_ = true;
    char text[512] = "";
    fenced_ =
        fenced_ || rd_kafka_fatal_error(&client(), text, sizeof text) == RD_KAFKA_RESP_ERR__FENCED;
  }
  if (!replace_ && ready_ && begun_) TRY(abort_transaction());
  if (replace_ || !ready_) TRY(replace_producer());
  begun_ = false;
  return {};
}

Result<void> KafkaTransactionalWriter::abort_transaction() {
  KafkaProducer& producer = sender_->producer();
  const std::size_t acknowledged = producer.acknowledged();
  const Micros deadline = clock_.monotonic() + kFirstReportWait;
  while (producer.has_pending() && producer.acknowledged() == acknowledged &&
         clock_.monotonic() < deadline) {
    producer.serve(10 * kMicrosPerMilli);
  }
  const KafkaErrorPtr error(
      rd_kafka_abort_transaction(&client(), to_milliseconds(options_.request_timeout)));
  if (error != nullptr) {
    if (rd_kafka_error_is_retriable(error.get()) != 0) return failed("aborting", *error);
    log_warning(failed("aborting a transaction", *error).message(), "; a new producer settles it");
    replace_ = true;
    return {};
  }
  return producer.drop();
}

Result<void> KafkaTransactionalWriter::replace_producer() {
  if (fenced_) {
    const Micros now = clock_.monotonic();
    const bool twice = fenced_at_ && now - *fenced_at_ < kFencedTwice;
    fenced_ = false;
    if (twice) {
      return unavailable(concat("writing to Kafka at ", options_.brokers,
                                ": another process runs with transactional.id ", id_,
                                "; give each its own 'instance'"),
                         Retry::kNever);
    }
    fenced_at_ = now;
  }
  if (replace_) {
    ready_ = false;
    TRY(sender_->replace_producer());
    replace_ = false;
  }
  return init_transactions();
}

}  // namespace sitrep
