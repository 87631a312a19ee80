// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_log.h"

#include <array>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "connectors/kafka/group_reader.h"
#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/kafka_error.h"
#include "connectors/kafka/kafka_writer.h"
#include "connectors/kafka/partition_count.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr int kLeaderWaitMs = 20;
constexpr int kBrokersChooseReplicas = -1;
constexpr std::size_t kReasonBytesMax = 512;

/// A topic just created, or a broker just gone: asking again in a moment helps.
bool is_electing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
}

/// Thread-safe as rd_kafka_t is, but for join and open_writer, which are the control thread's.
class KafkaLog final : public Log {
 public:
  KafkaLog(KafkaOptions options, KafkaClientPtr client, const Clock& clock)
      : options_(std::move(options)), clock_(clock), client_(std::move(client)) {}

  Result<std::optional<std::int32_t>> partition_count(const std::string& topic) override {
    return count_partitions(*client_, topic, options_);
  }

  Result<void> create_topic(const std::string& topic, const TopicOptions& options) override;
  Result<OffsetRange> offset_range(const TopicPartition& partition) override;

  Result<std::unique_ptr<GroupReader>> join(const GroupOptions& options) override {
    ASSIGN_OR_RETURN(JoinedGroup joined, join_group(options_, options, clock_));
    members_[options.group] = joined.member;
    return std::move(joined.reader);
  }

  Result<std::unique_ptr<LogWriter>> open_writer(const WriterOptions& options) override {
    const auto member = members_.find(options.group);
    return KafkaWriter::open(options_, options, clock_,
                             member == members_.end() ? nullptr : member->second.lock());
  }

  std::string description() const override { return concat("Kafka at ", options_.brokers); }

 private:
  Result<void> request_topic(rd_kafka_NewTopic_t& topic, const std::string& attempted);
  Result<void> wait_until_known(const std::string& topic, const std::string& attempted);

  const KafkaOptions options_;
  const Clock& clock_;
  const KafkaClientPtr client_;
  std::map<std::string, std::weak_ptr<rd_kafka_t>> members_;  // by group
};

Result<void> KafkaLog::create_topic(const std::string& topic, const TopicOptions& options) {
  const std::string attempted = concat("creating topic ", topic, " in ", description());
  std::array<char, kReasonBytesMax> reason{};
  const KafkaNewTopicPtr wanted(rd_kafka_NewTopic_new(topic.c_str(), options.partitions,
                                                      kBrokersChooseReplicas, reason.data(),
                                                      reason.size()));
  if (wanted == nullptr) return invalid_config(concat(attempted, ": ", reason.data()));
  for (const auto& [name, value] : options.settings) {
    const auto code = rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(attempted, code, name);
  }
  TRY(request_topic(*wanted, attempted));
  return wait_until_known(topic, attempted);
}

Result<void> KafkaLog::request_topic(rd_kafka_NewTopic_t& topic, const std::string& attempted) {
  const int timeout_ms = to_milliseconds(options_.request_timeout);
  const KafkaAdminOptionsPtr admin(
      rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(admin.get(), timeout_ms, nullptr, 0);
  rd_kafka_AdminOptions_set_operation_timeout(admin.get(), timeout_ms, nullptr, 0);
  const KafkaQueuePtr answers(rd_kafka_queue_new(client_.get()));
  rd_kafka_NewTopic_t* topics = &topic;
  rd_kafka_CreateTopics(client_.get(), &topics, 1, admin.get(), answers.get());
  // Twice the time: librdkafka itself answers after the first.
  const KafkaEventPtr event(rd_kafka_queue_poll(answers.get(), 2 * timeout_ms));
  if (event == nullptr) return kafka_error(attempted, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return kafka_error(attempted, code, rd_kafka_event_error_string(event.get()));
  }
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (const rd_kafka_topic_result_t* result : std::span(results, count)) {
    const auto code = rd_kafka_topic_result_error(result);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      continue;
    }
    const char* text = rd_kafka_topic_result_error_string(result);
    return kafka_error(attempted, code, text != nullptr ? text : rd_kafka_err2str(code));
  }
  return {};
}

// The controller answers before every broker has heard of the topic.
Result<void> KafkaLog::wait_until_known(const std::string& topic, const std::string& attempted) {
  const int timeout_ms = to_milliseconds(options_.request_timeout);
  for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += kLeaderWaitMs) {
    const auto partitions = partition_count(topic);
    if (partitions && *partitions) return {};
    if (!partitions && !partitions.error().retriable()) return partitions.error();
    rd_kafka_poll(client_.get(), kLeaderWaitMs);
  }
  return unavailable(concat(attempted, ": no broker knows it yet"));
}

Result<OffsetRange> KafkaLog::offset_range(const TopicPartition& partition) {
  const int timeout_ms = to_milliseconds(options_.request_timeout);
  std::int64_t begin = 0;
  std::int64_t end = 0;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += kLeaderWaitMs) {
    code = rd_kafka_query_watermark_offsets(client_.get(), partition.topic.c_str(),
                                            partition.partition.value(), &begin, &end, timeout_ms);
    if (!is_electing(code)) break;
    rd_kafka_poll(client_.get(), kLeaderWaitMs);
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return kafka_error(concat("asking ", description(), " for the offsets of topic ",
                              partition.topic, ", partition ", partition.partition),
                       code);
  }
  return OffsetRange{.begin = Offset(begin), .end = Offset(end)};
}

}  // namespace

Result<std::unique_ptr<Log>> open_kafka_log(KafkaOptions options, const Clock& clock) {
  using enum KafkaSetting::Strength;
  const std::vector<KafkaSetting> settings = {
      // The end of a partition is then that of what readers can see.
      {"isolation.level", "read_committed", kRequired},
      {"allow.auto.create.topics", "false", kRequired},
      {"socket.nagle.disable", "true", kDefault},
  };
  ASSIGN_OR_RETURN(KafkaConfPtr conf, make_kafka_conf(options, settings));
  ASSIGN_OR_RETURN(KafkaClientPtr client, make_kafka_client(RD_KAFKA_CONSUMER, std::move(conf)));
  return std::unique_ptr<Log>(
      std::make_unique<KafkaLog>(std::move(options), std::move(client), clock));
}

}  // namespace sitrep
