// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/group_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/kafka_error.h"
#include "connectors/kafka/partition_count.h"
#include "connectors/kafka/partition_reader.h"
#include "engine/base/ensure.h"
#include "engine/base/logging.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

/// A member that holds nothing hears nothing.
constexpr Micros kLeaveWait = kMicrosPerSecond / 2;
constexpr Micros kLogEvery = 60 * kMicrosPerSecond;
constexpr Micros kFencedTwice = 60 * kMicrosPerSecond;

/// How often fetching is looked after, and how long that may take.
constexpr Micros kNudgeEvery = 20 * kMicrosPerMilli;
constexpr int kNudgeTimeoutMs = 100;

/// librdkafka spends 520 bytes on a queued message of 200 and counts the 200 (measured, 2.0.2).
constexpr std::size_t kOverhead = 3;
constexpr std::size_t kQueueKilobytesMin = 256;
/// Partitions to share the queues among when a pattern or an unreachable broker leaves it open.
constexpr std::size_t kPartitionsAssumed = 16;

class KafkaGroupReader final : public GroupReader {
 public:
  KafkaGroupReader(SharedKafkaClient client, const KafkaOptions& options,
                   const GroupOptions& group, const Clock& clock, FencedTimes& fenced)
      : options_(options),
        group_(group),
        clock_(clock),
        fenced_(fenced),
        client_(std::move(client)),
        events_(rd_kafka_queue_get_consumer(client_.get())) {}

  Result<void> subscribe();

  Result<std::optional<AssignmentChange>> poll(Micros wait) override;
  Result<std::vector<std::optional<CommittedOffset>>> committed(
      std::span<const TopicPartition> partitions) override;
  Result<std::vector<std::unique_ptr<PartitionReader>>> assign(
      std::span<const StartPosition> starts) override;
  Result<void> unassign() override;
  Result<void> leave() override;

 private:
  Result<std::optional<AssignmentChange>> assign_all();
  Result<void> seek(rd_kafka_topic_partition_list_t& list);
  KafkaEventPtr next_event(Micros wait);
  void nudge_fetchers();
  AssignmentChange change_of(rd_kafka_event_t& event) const;
  Generation generation() const;
  Result<void> serve_error(rd_kafka_event_t& event);
  Error fenced();
  std::string attempted(std::string_view what) const {
    return concat(what, " in group ", group_.group, " at ", options_.brokers);
  }

  const KafkaOptions options_;
  const GroupOptions group_;
  const Clock& clock_;
  FencedTimes& fenced_;
  const SharedKafkaClient client_;
  const KafkaQueuePtr events_;
  std::optional<Micros> last_logged_;
  bool subscribed_ = false;
  KafkaPartitionListPtr assigned_;       // what nudge_fetchers asks about
  std::vector<KafkaQueuePtr> queues_;    // theirs, to see whether records flow
  bool flowed_ = false;
  bool all_assigned_ = false;  ///< As the sole reader.
};

Result<void> KafkaGroupReader::subscribe() {
  const KafkaPartitionListPtr topics(
      rd_kafka_topic_partition_list_new(static_cast<int>(group_.topics.size())));
  for (const std::string& topic : group_.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto code = rd_kafka_subscribe(client_.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(attempted("subscribing"), code);
  subscribed_ = true;
  return {};
}

Result<std::optional<AssignmentChange>> KafkaGroupReader::poll(Micros wait) {
  if (options_.sole_reader && !all_assigned_) return assign_all();
  const KafkaEventPtr event = next_event(wait);
  if (event == nullptr) return std::nullopt;
  switch (rd_kafka_event_type(event.get())) {
    case RD_KAFKA_EVENT_REBALANCE: return change_of(*event);
    case RD_KAFKA_EVENT_ERROR: TRY(serve_error(*event)); break;
    default: break;
  }
  return std::nullopt;
}

KafkaEventPtr KafkaGroupReader::next_event(Micros wait) {
  const Micros deadline = clock_.monotonic() + wait;
  while (true) {
    const Micros left = std::max<Micros>(0, deadline - clock_.monotonic());
    KafkaEventPtr event(
        rd_kafka_queue_poll(events_.get(), to_milliseconds(std::min(left, kNudgeEvery))));
    nudge_fetchers();
    if (event != nullptr || left <= kNudgeEvery) return event;
  }
}

// A broker's thread of librdkafka 2.0.2 that found a partition's queue full looks again when
// something wakes it, or after a second: 30,000 records a second where a million are possible
// (#3662). Any request wakes it; this one goes to the leader of each partition. Only while records
// flow: an idle job sends none.
void KafkaGroupReader::nudge_fetchers() {
  bool flowing = false;
  for (const KafkaQueuePtr& queue : queues_) {
    flowing = flowing || rd_kafka_queue_length(queue.get()) > 0;
  }
  const bool due = flowing || flowed_;
  flowed_ = flowing;
  if (!due || assigned_ == nullptr) return;
  for (int i = 0; i < assigned_->cnt; ++i) assigned_->elems[i].offset = RD_KAFKA_OFFSET_END;
  rd_kafka_offsets_for_times(client_.get(), assigned_.get(), kNudgeTimeoutMs);
}

Result<std::optional<AssignmentChange>> KafkaGroupReader::assign_all() {
  AssignmentChange change{.kind = AssignmentChange::Kind::kAssigned, .partitions = {}};
  for (const std::string& topic : group_.topics) {
    ASSIGN_OR_RETURN(const auto count, count_partitions(*client_, topic, options_));
    for (std::int32_t partition = 0; partition < count.value_or(0); ++partition) {
      change.partitions.push_back({topic, PartitionId(partition)});
    }
  }
  all_assigned_ = true;
  return change;
}

/// The membership at this moment: the generation of the assignment that is being handed out.
Generation KafkaGroupReader::generation() const {
  const KafkaGroupMetadataPtr metadata(rd_kafka_consumer_group_metadata(client_.get()));
  void* bytes = nullptr;
  std::size_t size = 0;
  const KafkaErrorPtr error(rd_kafka_consumer_group_metadata_write(metadata.get(), &bytes, &size));
  ENSURE(error == nullptr, "a group's metadata can be written");
  Generation out{std::string(static_cast<const char*>(bytes), size)};
  rd_kafka_mem_free(client_.get(), bytes);
  return out;
}

AssignmentChange KafkaGroupReader::change_of(rd_kafka_event_t& event) const {
  AssignmentChange change{.kind = AssignmentChange::Kind::kAssigned, .partitions = {}};
  if (rd_kafka_event_error(&event) != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    change.kind = rd_kafka_assignment_lost(client_.get()) != 0 ? AssignmentChange::Kind::kLost
                                                               : AssignmentChange::Kind::kRevoked;
  } else {
    change.generation = generation();
  }
  const rd_kafka_topic_partition_list_t* const list = rd_kafka_event_topic_partition_list(&event);
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    change.partitions.push_back(
        {list->elems[i].topic, PartitionId(list->elems[i].partition)});
  }
  return change;
}

Result<void> KafkaGroupReader::serve_error(rd_kafka_event_t& event) {
  const rd_kafka_resp_err_t code = rd_kafka_event_error(&event);
  const char* const reason = rd_kafka_event_error_string(&event);
  char text[512] = "";
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_.get(), text, sizeof text);
  // The event itself names the cause as often as __FATAL.
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) return fenced();
    return kafka_error(attempted("reading"), fatal, text);
  }
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
      code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
      code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    return kafka_error(attempted("reading"), code, reason != nullptr ? reason : "");
  }
  // A member that lost its broker may come back as its own rival, each time: what was before says
  // nothing of another process any more.
  if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    fenced_.erase(group_.instance);
  }
  const Micros now = clock_.monotonic();
  if (!last_logged_ || now - *last_logged_ >= kLogEvery) {
    last_logged_ = now;
    log_warning(attempted("reading"), ": ", reason != nullptr ? reason : rd_kafka_err2str(code),
                "; trying on");
  }
  return {};
}

Error KafkaGroupReader::fenced() {
  const Micros now = clock_.monotonic();
  const auto last = fenced_.find(group_.instance);
  const bool twice = last != fenced_.end() && now - last->second < kFencedTwice;
  fenced_[group_.instance] = now;
  if (!twice) {
    return unavailable(concat(attempted("reading"), ": the member of instance '", group_.instance,
                              "' was replaced by another one"));
  }
  return unavailable(concat(attempted("reading"), ": another process runs as instance '",
                            group_.instance, "'; give each its own 'instance'"),
                     Retry::kNever);
}

Result<std::vector<std::optional<CommittedOffset>>> KafkaGroupReader::committed(
    std::span<const TopicPartition> partitions) {
  const KafkaPartitionListPtr list(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(),
                                      partition.partition.value());
  }
  const auto code = rd_kafka_committed(client_.get(), list.get(),
                                       to_milliseconds(options_.request_timeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return kafka_error(attempted("asking for committed offsets"), code);
  }
  std::vector<std::optional<CommittedOffset>> out;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& answer = list->elems[i];
    if (answer.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return kafka_error(attempted(concat("asking for the committed offset of topic ",
                                          answer.topic, ", partition ", answer.partition)),
                         answer.err);
    }
    auto& known = out.emplace_back();
    if (answer.offset < 0) continue;
    known = CommittedOffset{.next = Offset(answer.offset)};
    if (answer.metadata != nullptr) {
      known->metadata.assign(static_cast<const char*>(answer.metadata), answer.metadata_size);
    }
  }
  return out;
}

Result<std::vector<std::unique_ptr<PartitionReader>>> KafkaGroupReader::assign(
    std::span<const StartPosition> starts) {
  KafkaPartitionListPtr list(
      rd_kafka_topic_partition_list_new(static_cast<int>(starts.size())));
  std::vector<std::unique_ptr<PartitionReader>> readers;
  queues_.clear();
  for (const StartPosition& start : starts) {
    const std::string& topic = start.partition.topic;
    const std::int32_t partition = start.partition.partition.value();
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset =
        start.offset.value();
    // Before the assignment, which would forward it to the group's queue.
    KafkaQueuePtr queue(rd_kafka_queue_get_partition(client_.get(), topic.c_str(), partition));
    if (queue == nullptr) {
      return unavailable(concat(attempted("assigning"), ": there is no topic ", topic,
                                ", partition ", partition));
    }
    rd_kafka_queue_forward(queue.get(), nullptr);
    queues_.emplace_back(rd_kafka_queue_get_partition(client_.get(), topic.c_str(), partition));
    const auto headers = group_.header_topics.contains(topic)
                             ? KafkaPartitionReader::Headers::kWith
                             : KafkaPartitionReader::Headers::kWithout;
    readers.push_back(std::make_unique<KafkaPartitionReader>(*client_, std::move(queue), start,
                                                             headers, clock_));
  }
  if (assigned_ != nullptr) {
    TRY(seek(*list));
  } else {
    const auto code = rd_kafka_assign(client_.get(), list.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_error(attempted("assigning"), code);
  }
  assigned_ = std::move(list);
  return readers;
}

/// Reads from other offsets; the assignment stays as it is, whatever the group is about to say.
Result<void> KafkaGroupReader::seek(rd_kafka_topic_partition_list_t& list) {
  const KafkaErrorPtr error(rd_kafka_seek_partitions(client_.get(), &list,
                                                     to_milliseconds(options_.request_timeout)));
  if (error != nullptr) return kafka_error(attempted("seeking"), *error);
  for (int i = 0; i < list.cnt; ++i) {
    if (list.elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    return unavailable(concat(attempted(concat("seeking in topic ", list.elems[i].topic,
                                               ", partition ", list.elems[i].partition)),
                              ": ", rd_kafka_err2str(list.elems[i].err)));
  }
  return {};
}

Result<void> KafkaGroupReader::unassign() {
  queues_.clear();
  assigned_.reset();
  const auto code = rd_kafka_assign(client_.get(), nullptr);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return kafka_error(attempted("giving partitions back"), code);
}

// A static member that only closes stays in the group until its session ends; one that unsubscribes
// leaves, but only when it has heard that its partitions are revoked and has answered, although it
// gave them back before.
Result<void> KafkaGroupReader::leave() {
  if (!subscribed_) return {};
  subscribed_ = false;
  rd_kafka_unsubscribe(client_.get());
  const Micros deadline = clock_.monotonic() + kLeaveWait;
  while (clock_.monotonic() < deadline) {
    ASSIGN_OR_RETURN(const std::optional<AssignmentChange> change, poll(kMicrosPerSecond / 20));
    if (!change) continue;
    TRY(unassign());
    break;
  }
  const auto code = rd_kafka_consumer_close(client_.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return kafka_error(attempted("leaving"), code);
}

/// Partitions that may be read at once.
std::size_t partitions_of(const KafkaOptions& options, const GroupOptions& group,
                          rd_kafka_t& client) {
  std::size_t sum = 0;
  for (const std::string& topic : group.topics) {
    const auto count = count_partitions(client, topic, options);
    if (!count || !*count) return std::max(sum, kPartitionsAssumed);
    sum += static_cast<std::size_t>(**count);
  }
  return std::max<std::size_t>(sum, 1);
}

Result<KafkaClientPtr> make_consumer(const KafkaOptions& options, const GroupOptions& group,
                                     std::size_t partitions) {
  using enum KafkaSetting::Strength;
  const std::size_t share = options.queue_bytes_max / kOverhead / partitions / 1024;
  const std::vector<KafkaSetting> settings = {
      {"group.id", group.group, kRequired},
      {"group.instance.id", group.instance, kRequired},
      {"partition.assignment.strategy", "range", kRequired},
      {"enable.auto.commit", "false", kRequired},
      {"enable.auto.offset.store", "false", kRequired},
      {"isolation.level", "read_committed", kRequired},
      {"auto.offset.reset", "error", kRequired},
      {"enable.partition.eof", "true", kRequired},
      {"allow.auto.create.topics", "false", kRequired},
      {"session.timeout.ms", "45000", kDefault},
      // How soon members hear that another one came or left.
      {"heartbeat.interval.ms", "1000", kDefault},
      {"check.crcs", "true", kDefault},
      {"fetch.wait.max.ms", "20", kDefault},
      {"fetch.max.bytes", "4194304", kDefault},
      {"max.partition.fetch.bytes", "1048576", kDefault},
      {"queued.min.messages", "1000000", kDefault},
      {"queued.max.messages.kbytes", std::to_string(std::max(share, kQueueKilobytesMin)),
       kDefault},
      {"socket.nagle.disable", "true", kDefault},
      {"socket.keepalive.enable", "true", kDefault},
  };
  ASSIGN_OR_RETURN(KafkaConfPtr conf, make_kafka_conf(options, settings));
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR);
  return make_kafka_client(RD_KAFKA_CONSUMER, std::move(conf));
}

}  // namespace

Result<JoinedGroup> join_group(const KafkaOptions& options, const GroupOptions& group,
                               const Clock& clock, FencedTimes& fenced) {
  // The number of partitions sets the size of each queue, and that a client takes only when made.
  std::size_t partitions = kPartitionsAssumed;
  {
    ASSIGN_OR_RETURN(const KafkaClientPtr asking,
                     make_consumer(options, group, kPartitionsAssumed));
    partitions = partitions_of(options, group, *asking);
  }
  ASSIGN_OR_RETURN(SharedKafkaClient client, make_consumer(options, group, partitions));
  rd_kafka_poll_set_consumer(client.get());
  auto reader = std::make_unique<KafkaGroupReader>(client, options, group, clock, fenced);
  if (!options.sole_reader) TRY(reader->subscribe());
  return JoinedGroup{.reader = std::move(reader), .member = std::move(client)};
}

}  // namespace sitrep
