// SPDX-License-Identifier: Apache-2.0
#include "connectors/kafka/log_reader.h"

#include <algorithm>
#include <utility>

#include "connectors/kafka/kafka_config.h"
#include "connectors/kafka/kafka_error.h"
#include "connectors/kafka/partition_count.h"
#include "connectors/kafka/partition_reader.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr Micros kNudgeEvery = 20 * kMicrosPerMilli;
constexpr int kNudgeTimeoutMs = 100;

class KafkaLogReader final : public PartitionReader {
 public:
  KafkaLogReader(SharedKafkaClient client, std::shared_ptr<const void> claim, KafkaTopicPtr topic,
                 KafkaQueuePtr queue, const StartPosition& start, const Clock& clock)
      : client_(std::move(client)),
        claim_(std::move(claim)),
        topic_(std::move(topic)),
        partition_(start.partition),
        clock_(clock),
        reader_(*client_, std::move(queue), start, KafkaPartitionReader::Headers::kWith, clock) {}
  ~KafkaLogReader() override { rd_kafka_consume_stop(topic_.get(), partition_.partition.value()); }
  KafkaLogReader(const KafkaLogReader&) = delete;
  KafkaLogReader& operator=(const KafkaLogReader&) = delete;

  Result<void> read(std::size_t records_max, RecordBatch& out) override {
    TRY(reader_.read(records_max, out));
    if (out.empty()) nudge();
    return {};
  }
  Offset position() const override { return reader_.position(); }
  std::optional<Offset> known_end() const override { return reader_.known_end(); }

 private:
  /// A broker's thread of librdkafka 2.0.2 that found the queue full looks again after a second, or
  /// when a request wakes it (#3662).
  void nudge() {
    const Micros now = clock_.monotonic();
    if (now - nudged_ < kNudgeEvery) return;
    nudged_ = now;
    std::int64_t low = 0;
    std::int64_t high = 0;
    rd_kafka_query_watermark_offsets(client_.get(), partition_.topic.c_str(),
                                     partition_.partition.value(), &low, &high, kNudgeTimeoutMs);
  }

  const SharedKafkaClient client_;
  /// Says that the partition is being read; goes after reading has stopped.
  const std::shared_ptr<const void> claim_;
  const KafkaTopicPtr topic_;
  const TopicPartition partition_;
  const Clock& clock_;
  KafkaPartitionReader reader_;
  Micros nudged_ = 0;
};

Result<SharedKafkaClient> make_reading_client(const KafkaOptions& options) {
  using enum KafkaSetting::Strength;
  const std::vector<KafkaSetting> settings = {
      {"isolation.level", "read_committed", kRequired},
      {"auto.offset.reset", "error", kRequired},
      {"enable.partition.eof", "true", kRequired},
      {"enable.auto.commit", "false", kRequired},
      {"enable.auto.offset.store", "false", kRequired},
      {"allow.auto.create.topics", "false", kRequired},
      {"check.crcs", "true", kDefault},
      {"fetch.wait.max.ms", "20", kDefault},
      {"max.partition.fetch.bytes", "1048576", kDefault},
      {"queued.max.messages.kbytes", "4096", kDefault},
      {"socket.nagle.disable", "true", kDefault},
      {"socket.keepalive.enable", "true", kDefault},
  };
  ASSIGN_OR_RETURN(KafkaConfPtr conf, make_kafka_conf(options, settings));
  ASSIGN_OR_RETURN(KafkaClientPtr client, make_kafka_client(RD_KAFKA_CONSUMER, std::move(conf)));
  return SharedKafkaClient(std::move(client));
}

}  // namespace

LogReaders::LogReaders(const KafkaOptions& options, const Clock& clock)
    : options_(options), clock_(clock) {}

Result<LogReaders::ReadingClient*> LogReaders::client_for(const TopicPartition& partition) {
  const auto free = std::ranges::find_if(clients_, [&](const ReadingClient& client) {
    const auto reader = client.readers.find(partition);
    return reader == client.readers.end() || reader->second.expired();
  });
  if (free != clients_.end()) return &*free;
  ASSIGN_OR_RETURN(SharedKafkaClient client, make_reading_client(options_));
  return &clients_.emplace_back(ReadingClient{.client = std::move(client), .readers = {}});
}

Result<std::unique_ptr<PartitionReader>> LogReaders::open(const StartPosition& start) {
  const TopicPartition& partition = start.partition;
  const std::string attempted = concat("reading topic ", partition.topic, ", partition ",
                                       partition.partition, " at ", options_.brokers);
  ASSIGN_OR_RETURN(ReadingClient* const through, client_for(partition));
  rd_kafka_t& client = *through->client;
  KafkaTopicPtr topic(rd_kafka_topic_new(&client, partition.topic.c_str(), nullptr));
  if (topic == nullptr) return kafka_error(attempted, rd_kafka_last_error());
  KafkaQueuePtr queue(rd_kafka_queue_new(&client));
  if (rd_kafka_consume_start_queue(topic.get(), partition.partition.value(), start.offset.value(),
                                   queue.get()) != 0) {
    return kafka_error(attempted, rd_kafka_last_error());
  }
  auto claim = std::make_shared<const int>(0);
  through->readers[partition] = claim;
  return std::unique_ptr<PartitionReader>(std::make_unique<KafkaLogReader>(
      through->client, std::move(claim), std::move(topic), std::move(queue), start, clock_));
}

}  // namespace sitrep
