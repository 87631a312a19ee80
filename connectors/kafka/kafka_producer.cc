// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_producer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/kafka_error.h"
#include "connectors/kafka/partition_count.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

// A record that no broker took after so many requests' time is a failure: commit() then says so.
constexpr Micros kDeliveryTimeoutRequests = 6;
// Larger queues fall out of the processor's cache: 100 000 records cost up to half as much again.
constexpr std::string_view kQueueRecordsMax = "50000";
/// librdkafka's form of a record is larger than many a record: those of an epoch need not be there
/// at once.
constexpr std::size_t kMessagesPerCall = 4'096;
constexpr int kRoomWaitMs = 1;
constexpr int kFlushWaitMs = 100;
constexpr std::size_t kReasonBytesMax = 512;

/// Compression that this build of librdkafka has; lz4 is the cheapest that helps.
std::string default_compression() {
  const KafkaConfPtr probe(rd_kafka_conf_new());
  const auto outcome = rd_kafka_conf_set(probe.get(), "compression.codec", "lz4", nullptr, 0);
  return outcome == RD_KAFKA_CONF_OK ? "lz4" : "none";
}

std::vector<KafkaSetting> producer_settings(const KafkaOptions& options) {
  using enum KafkaSetting::Strength;
  const Micros timeout = options.request_timeout;
  return {
      {"linger.ms", "10", kDefault},
      // An epoch's records of a partition are best one batch: librdkafka waits for a partition's
      // answer before it sends the next (more than five messages are on their way), and goes round
      // without rest while that one is ready.
      {"batch.size", "1000000", kDefault},
      {"compression.codec", default_compression(), kDefault},
      {"queue.buffering.max.messages", std::string(kQueueRecordsMax), kDefault},
      {"request.timeout.ms", concat(to_milliseconds(timeout)), kDefault},
      {"message.timeout.ms", concat(to_milliseconds(timeout * kDeliveryTimeoutRequests)), kDefault},
      {"socket.nagle.disable", "true", kDefault},
      {"queue.buffering.max.kbytes",
       concat(std::max<std::size_t>(options.queue_bytes_max / 1024, 1)), kRequired},
      {"enable.idempotence", "true", kRequired},
      {"allow.auto.create.topics", "false", kRequired},
  };
}

/// librdkafka takes mutable pointers, and tells empty from absent by null. It copies.
void* mutable_bytes(const std::optional<std::string_view>& bytes) {
  if (!bytes) return nullptr;
  return const_cast<char*>(bytes->data() != nullptr ? bytes->data() : "");
}

std::size_t size_of(const std::optional<std::string_view>& bytes) {
  return bytes ? bytes->size() : 0;
}

KafkaHeadersPtr make_headers(std::span<const HeaderView> headers) {
  KafkaHeadersPtr made(rd_kafka_headers_new(headers.size()));
  for (const HeaderView& header : headers) {
    rd_kafka_header_add(made.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        mutable_bytes(header.value), static_cast<ssize_t>(size_of(header.value)));
  }
  return made;
}

std::string writing_to(std::string_view topic, std::int32_t partition) {
  return concat("writing to Kafka topic ", topic, ", partition ", partition);
}

bool is_plain(const OutputRecord* record) {
  return record->headers.empty() && !record->timestamp;
}

}  // namespace

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::open(const KafkaOptions& options,
                                                           std::span<const KafkaSetting> more) {
  std::unique_ptr<KafkaProducer> producer(new KafkaProducer(options));
  std::vector<KafkaSetting> settings = producer_settings(options);
  for (const KafkaSetting& setting : more) {
    std::erase_if(settings, [&](const KafkaSetting& own) { return own.name == setting.name; });
    settings.push_back(setting);
  }
  ASSIGN_OR_RETURN(KafkaConfPtr conf, make_kafka_conf(options, settings));
  // Without a callback, flush wakes every 10 ms only: 10.4 ms a commit instead of 0.7.
  rd_kafka_conf_set_dr_msg_cb(conf.get(), count_delivery);
  rd_kafka_conf_set_opaque(conf.get(), producer.get());
  ASSIGN_OR_RETURN(producer->client_, make_kafka_client(RD_KAFKA_PRODUCER, std::move(conf)));
  return producer;
}

KafkaProducer::KafkaProducer(const KafkaOptions& options)
    : brokers_(options.brokers), request_timeout_(options.request_timeout) {}

KafkaProducer::~KafkaProducer() = default;

void KafkaProducer::count_delivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message,
                                   void* opaque) {
  auto& producer = *static_cast<KafkaProducer*>(opaque);
  --producer.pending_;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++producer.acknowledged_;
    if (message->_private != nullptr) {
      *static_cast<Offset*>(message->_private) = Offset(message->offset);
    }
    return;
  }
  if (producer.failure_) return;
  const std::string attempted =
      concat(writing_to(rd_kafka_topic_name(message->rkt), message->partition), " at ",
             producer.brokers_);
  producer.failure_ = kafka_error(attempted, message->err);
}

std::optional<Error> KafkaProducer::fatal_error() const {
  std::array<char, kReasonBytesMax> reason{};
  const auto code = rd_kafka_fatal_error(client_.get(), reason.data(), reason.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  // Retriable whatever the code: a new producer is not bound by this one's sequence numbers.
  return unavailable(concat("writing to Kafka at ", brokers_, ": ", reason.data()));
}

Result<void> KafkaProducer::check_failure() const {
  if (auto fatal = fatal_error()) return *std::move(fatal);
  if (failure_) return *failure_;
  return {};
}

Result<void> KafkaProducer::send(rd_kafka_topic_t& topic, PartitionId partition,
                                 std::span<const OutputRecord* const> records) {
  while (!records.empty()) {
    const auto next = records.first(std::min(records.size(), kMessagesPerCall));
    const auto first_other = std::ranges::find_if_not(next, is_plain);
    const auto plain = static_cast<std::size_t>(first_other - next.begin());
    if (plain > 0) {
      TRY(send_plain(topic, partition, records.first(plain)));
    } else {
      TRY(send_one(topic, partition, *records.front(), /*located=*/nullptr));
    }
    records = records.subspan(std::max<std::size_t>(plain, 1));
  }
  return check_failure();
}

Result<void> KafkaProducer::send_plain(rd_kafka_topic_t& topic, PartitionId partition,
                                       std::span<const OutputRecord* const> records) {
  messages_.clear();
  for (const OutputRecord* record : records) {
    rd_kafka_message_t message{};
    message.payload = mutable_bytes(record->value);
    message.len = size_of(record->value);
    message.key = mutable_bytes(record->key);
    message.key_len = size_of(record->key);
    messages_.push_back(message);
  }
  std::span<rd_kafka_message_t> rest(messages_);
  while (true) {
    const int queued =
        rd_kafka_produce_batch(&topic, partition.value(), RD_KAFKA_MSG_F_COPY, rest.data(),
                               static_cast<int>(rest.size()));
    pending_ += static_cast<std::size_t>(queued);
    // Those after the first that found the queue full were not tried.
    const auto stopped = std::ranges::find_if(rest, [](const rd_kafka_message_t& message) {
      return message.err != RD_KAFKA_RESP_ERR_NO_ERROR;
    });
    if (stopped == rest.end()) return {};
    if (stopped->err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return kafka_error(writing_to(rd_kafka_topic_name(&topic), partition.value()), stopped->err);
    }
    rest = rest.subspan(static_cast<std::size_t>(stopped - rest.begin()));
    TRY(wait_for_room(rest.front().len + rest.front().key_len));
  }
}

Result<void> KafkaProducer::send_located(rd_kafka_topic_t& topic, PartitionId partition,
                                         const OutputRecord& record) {
  Offset& located = located_.emplace_back(-1);
  TRY(send_one(topic, partition, record, &located));
  return check_failure();
}

Result<void> KafkaProducer::send_one(rd_kafka_topic_t& topic, PartitionId partition,
                                     const OutputRecord& record, Offset* located) {
  KafkaHeadersPtr headers = make_headers(record.headers);
  const std::int64_t timestamp = record.timestamp ? *record.timestamp / kMicrosPerMilli : 0;
  while (true) {
    const rd_kafka_resp_err_t code = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_RKT(&topic), RD_KAFKA_V_PARTITION(partition.value()),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE(mutable_bytes(record.value), size_of(record.value)),
        RD_KAFKA_V_KEY(mutable_bytes(record.key), size_of(record.key)),
        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_HEADERS(headers.get()),
        RD_KAFKA_V_OPAQUE(located), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      static_cast<void>(headers.release());
      ++pending_;
      return {};
    }
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      // librdkafka before 2.12 has freed the headers of a record for a partition that is not there.
      if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) static_cast<void>(headers.release());
      return kafka_error(writing_to(rd_kafka_topic_name(&topic), partition.value()), code);
    }
    TRY(wait_for_room(size_of(record.value) + size_of(record.key)));
  }
}

Result<void> KafkaProducer::wait_for_room(std::size_t record_bytes) {
  TRY(check_failure());
  if (pending_ == 0) {
    return exhausted(concat("record too large for the writer's queue: ", record_bytes,
                            " bytes; raise the job's memory"));
  }
  rd_kafka_poll(client_.get(), kRoomWaitMs);
  return {};
}

Result<void> KafkaProducer::flush() {
  // Ends: a record that is not taken fails after message.timeout.ms.
  while (pending_ > 0) {
    TRY(check_failure());
    const rd_kafka_resp_err_t code = rd_kafka_flush(client_.get(), kFlushWaitMs);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && pending_ > 0) {
      return internal_error(concat("librdkafka lost count of ", pending_, " records"));
    }
  }
  return check_failure();
}

Result<std::vector<Offset>> KafkaProducer::flush_located() {
  TRY(flush());
  std::vector<Offset> offsets(located_.begin(), located_.end());
  located_.clear();
  for (const Offset offset : offsets) {
    ENSURE(offset >= Offset(0), "an acknowledged record lies somewhere");
  }
  return offsets;
}

void KafkaProducer::serve(Micros wait) { rd_kafka_poll(client_.get(), to_milliseconds(wait)); }

Result<void> KafkaProducer::drop() {
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_.get(), to_milliseconds(request_timeout_));
  if (pending_ > 0) {
    return unavailable(concat("giving up records for Kafka at ", brokers_, ": ", pending_,
                              " of them are still on their way"));
  }
  failure_.reset();
  located_.clear();
  return {};
}

}  // namespace sitrep
