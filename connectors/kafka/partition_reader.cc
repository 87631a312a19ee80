// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/partition_reader.h"

#include <algorithm>
#include <utility>

#include "connectors/kafka/kafka_error.h"
#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr Micros kLogEvery = 60 * kMicrosPerSecond;

std::string name_of(const TopicPartition& partition) {
  return concat("topic ", partition.topic, ", partition ", partition.partition);
}

/// Troubles that librdkafka tries to mend by itself for as long as it takes.
bool is_passing(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: return true;
    default: return false;
  }
}

/// Gives the messages of one call back, whatever happens to them.
class TakenMessages {
 public:
  explicit TakenMessages(std::span<rd_kafka_message_t* const> messages) : messages_(messages) {}
  ~TakenMessages() {
    for (rd_kafka_message_t* const message : messages_) rd_kafka_message_destroy(message);
  }
  TakenMessages(const TakenMessages&) = delete;
  TakenMessages& operator=(const TakenMessages&) = delete;

  auto begin() const { return messages_.begin(); }
  auto end() const { return messages_.end(); }

 private:
  std::span<rd_kafka_message_t* const> messages_;
};

std::optional<std::string_view> view_of(const void* bytes, std::size_t size) {
  if (bytes == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(bytes), size);
}

}  // namespace

KafkaPartitionReader::KafkaPartitionReader(rd_kafka_t& client, KafkaQueuePtr queue,
                                           const StartPosition& start, Headers headers,
                                           const Clock& clock)
    : client_(client),
      queue_(std::move(queue)),
      partition_(start.partition),
      with_headers_(headers == Headers::kWith),
      clock_(clock),
      position_(start.offset) {}

Result<void> KafkaPartitionReader::read(std::size_t records_max, RecordBatch& out) {
  if (error_) return *std::exchange(error_, std::nullopt);
  messages_.resize(std::max(messages_.size(), records_max));
  const ssize_t count =
      rd_kafka_consume_batch_queue(queue_.get(), /*timeout_ms=*/0, messages_.data(), records_max);
  if (count < 0) {
    return kafka_error(concat("reading ", name_of(partition_)), rd_kafka_last_error());
  }
  const std::size_t before = out.records().size();
  const TakenMessages messages({messages_.data(), static_cast<std::size_t>(count)});
  for (const rd_kafka_message_t* const message : messages) {
    auto taken = take(*message, out);
    if (taken) continue;
    if (out.records().size() == before) return taken;
    // Records that came before it are not to be lost: the next read tells it.
    error_ = std::move(taken).error();
    return {};
  }
  return {};
}

Result<void> KafkaPartitionReader::take(const rd_kafka_message_t& message, RecordBatch& out) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) return take_error(message);
  // What an earlier assignment had fetched may still be in the queue.
  if (message.offset < position_.value()) return {};
  append(message, out);
  position_ = Offset(message.offset + 1);
  return {};
}

Result<void> KafkaPartitionReader::take_error(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    position_ = Offset(std::max(position_.value(), message.offset));
    return {};
  }
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
      message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    rd_kafka_get_watermark_offsets(&client_, partition_.topic.c_str(),
                                   partition_.partition.value(), &low, &high);
    return unavailable(concat("reading ", name_of(partition_), " from offset ", position_,
                          ": the broker does not have it (any more)",
                          high > 0 ? concat("; it has ", low, " to ", high) : std::string(),
                          ". Either retention removed records before they were read, or the topic "
                          "was made anew. `sitrep reset` begins the stage anew"),
                       Retry::kNever);
  }
  const std::string attempted = concat("reading ", name_of(partition_));
  const char* const reason = rd_kafka_message_errstr(&message);
  if (!is_passing(message.err)) {
    return kafka_error(attempted, message.err, reason != nullptr ? reason : "");
  }
  const Micros now = clock_.monotonic();
  if (!last_logged_ || now - *last_logged_ >= kLogEvery) {
    last_logged_ = now;
    log_warning(attempted, ": ", rd_kafka_err2str(message.err), "; trying on");
  }
  return {};
}

std::span<const HeaderView> KafkaPartitionReader::headers_of(const rd_kafka_message_t& message) {
  headers_.clear();
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) ==
                          RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    headers_.push_back({.name = name, .value = view_of(value, size)});
  }
  return headers_;
}

void KafkaPartitionReader::append(const rd_kafka_message_t& message, RecordBatch& out) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t time_ms = rd_kafka_message_timestamp(&message, &type);
  const bool timed = type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && time_ms >= 0;
  out.append({.offset = Offset(message.offset),
              .timestamp = timed ? std::optional(time_ms * kMicrosPerMilli) : std::nullopt,
              .key = view_of(message.key, message.key_len),
              .value = view_of(message.payload, message.len),
              .headers = with_headers_ ? headers_of(message) : std::span<const HeaderView>()});
}

std::optional<Offset> KafkaPartitionReader::known_end() const {
  std::int64_t low = RD_KAFKA_OFFSET_INVALID;
  std::int64_t high = RD_KAFKA_OFFSET_INVALID;
  const auto code = rd_kafka_get_watermark_offsets(&client_, partition_.topic.c_str(),
                                                   partition_.partition.value(), &low, &high);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return std::nullopt;
  return Offset(std::max(high, position_.value()));
}

}  // namespace sitrep
