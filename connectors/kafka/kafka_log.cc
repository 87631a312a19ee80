// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/kafka_log.h"

#include <map>
#include <utility>
#include <vector>

#include "connectors/kafka/connection_fault.h"
#include "connectors/kafka/group_reader.h"
#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_admin.h"
#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/kafka_error.h"
#include "connectors/kafka/kafka_writer.h"
#include "connectors/kafka/log_reader.h"
#include "connectors/kafka/partition_count.h"
#include "connectors/kafka/transactional_writer.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr int kLeaderWaitMs = 20;

/// A topic just created, or a broker just gone: asking again in a moment helps.
bool is_electing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
}

/// A broker that has just started may not know of it yet: it says the same of what is not there.
bool is_unknown(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
         code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

/// A client that reads nothing, and asks about topics.
Result<KafkaClientPtr> make_asking_client(const KafkaOptions& options, const char* isolation) {
  using enum KafkaSetting::Strength;
  const std::vector<KafkaSetting> settings = {
      {"isolation.level", isolation, kRequired},
      {"allow.auto.create.topics", "false", kRequired},
      {"socket.nagle.disable", "true", kDefault},
  };
  ASSIGN_OR_RETURN(KafkaConfPtr conf, make_kafka_conf(options, settings));
  return make_kafka_client(RD_KAFKA_CONSUMER, std::move(conf));
}

/// Thread-safe as rd_kafka_t is, but for join, open_writer, open_reader and written_end, which are
/// the control thread's.
class KafkaLog final : public Log {
 public:
  KafkaLog(KafkaOptions options, KafkaClientPtr client, const Clock& clock)
      : options_(std::move(options)),
        clock_(clock),
        client_(std::move(client)),
        readers_(options_, clock) {}

  Result<std::optional<std::int32_t>> partition_count(const std::string& topic) override {
    return explained(count_partitions(*client_, topic, options_));
  }

  Result<void> create_topic(const std::string& topic, const TopicOptions& options) override;
  Result<OffsetRange> offset_range(const TopicPartition& partition) override {
    return explained(ask_range(*client_, partition));
  }
  Result<Offset> written_end(const TopicPartition& partition) override;
  Result<std::map<std::string, std::string>> topic_settings(const std::string& topic) override {
    return request_settings(*client_, options_, topic);
  }
  Result<std::unique_ptr<PartitionReader>> open_reader(const StartPosition& start) override {
    return readers_.open(start);
  }
  Result<void> trim(const TopicPartition& partition, Offset before) override {
    return delete_records(*client_, options_, partition, before);
  }
  bool keeps_state() const override { return options_.keeps_state; }
  Result<std::vector<GroupMember>> members(const std::string& group) override {
    return request_members(*client_, options_, group);
  }
  Result<std::string> identity() override;

  Result<std::unique_ptr<GroupReader>> join(const GroupOptions& options) override {
    ASSIGN_OR_RETURN(JoinedGroup joined, join_group(options_, options, clock_, fenced_));
    members_[options.group] = joined.member;
    return std::move(joined.reader);
  }

  Result<std::unique_ptr<LogWriter>> open_writer(const WriterOptions& options) override {
    if (options.transactional) return KafkaTransactionalWriter::open(options_, options, clock_);
    const auto member = members_.find(options.group);
    return KafkaWriter::open(options_, options, clock_,
                             member == members_.end() ? nullptr : member->second.lock());
  }

  std::string description() const override { return concat("Kafka at ", options_.brokers); }

 private:
  /// `answer`, and why there is no connection when it is that.
  template <typename T>
  Result<T> explained(Result<T> answer) const {
    if (answer || !answer.error().retriable()) return answer;
    const std::string fault = find_connection_fault(options_);
    if (fault.empty()) return answer;
    return Error(answer.error().kind(), concat(answer.error().message(), ": ", fault),
                 Retry::kWithBackoff);
  }

  Result<void> wait_until_known(const std::string& topic, const std::string& attempted);
  /// The range as the isolation level of `client` has it.
  Result<OffsetRange> ask_range(rd_kafka_t& client, const TopicPartition& partition) const;

  const KafkaOptions options_;
  const Clock& clock_;
  const KafkaClientPtr client_;
  KafkaClientPtr uncommitted_client_;  // made when it is first needed
  std::map<std::string, std::weak_ptr<rd_kafka_t>> members_;  // by group
  FencedTimes fenced_;
  LogReaders readers_;
};

Result<void> KafkaLog::create_topic(const std::string& topic, const TopicOptions& options) {
  TRY(request_topic(*client_, options_, topic, options));
  return wait_until_known(topic, concat("creating topic ", topic, " in ", description()));
}

Result<std::string> KafkaLog::identity() {
  char* const id = rd_kafka_clusterid(client_.get(), to_milliseconds(options_.request_timeout));
  if (id == nullptr) {
    return unavailable(concat("asking ", description(), " for its cluster id: no answer"));
  }
  std::string out = id;
  rd_kafka_mem_free(client_.get(), id);
  return out;
}

// The controller answers before every broker has heard of the topic.
Result<void> KafkaLog::wait_until_known(const std::string& topic, const std::string& attempted) {
  const int timeout_ms = to_milliseconds(options_.request_timeout);
  for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += kLeaderWaitMs) {
    const auto partitions = count_partitions(*client_, topic, options_);
    if (partitions && *partitions) return {};
    if (!partitions && !partitions.error().retriable()) return partitions.error();
    rd_kafka_poll(client_.get(), kLeaderWaitMs);
  }
  return unavailable(concat(attempted, ": no broker knows it yet"));
}

Result<Offset> KafkaLog::written_end(const TopicPartition& partition) {
  if (uncommitted_client_ == nullptr) {
    ASSIGN_OR_RETURN(uncommitted_client_, make_asking_client(options_, "read_uncommitted"));
  }
  ASSIGN_OR_RETURN(const OffsetRange range, ask_range(*uncommitted_client_, partition));
  return range.end;
}

Result<OffsetRange> KafkaLog::ask_range(rd_kafka_t& client, const TopicPartition& partition) const {
  const int timeout_ms = to_milliseconds(options_.request_timeout);
  std::int64_t begin = 0;
  std::int64_t end = 0;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += kLeaderWaitMs) {
    code = rd_kafka_query_watermark_offsets(&client, partition.topic.c_str(),
                                            partition.partition.value(), &begin, &end, timeout_ms);
    if (!is_electing(code)) break;
    rd_kafka_poll(&client, kLeaderWaitMs);
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const std::string attempted =
        concat("asking ", description(), " for the offsets of topic ", partition.topic,
               ", partition ", partition.partition);
    if (is_unknown(code)) return unavailable(concat(attempted, ": ", rd_kafka_err2str(code)));
    return kafka_error(attempted, code);
  }
  return OffsetRange{.begin = Offset(begin), .end = Offset(end)};
}

}  // namespace

Result<std::unique_ptr<Log>> open_kafka_log(KafkaOptions options, const Clock& clock) {
  // The end of a partition is then that of what readers can see.
  ASSIGN_OR_RETURN(KafkaClientPtr client, make_asking_client(options, "read_committed"));
  return std::unique_ptr<Log>(
      std::make_unique<KafkaLog>(std::move(options), std::move(client), clock));
}

}  // namespace sitrep
