// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads one assigned partition from its own librdkafka queue, a batch per call, without waiting.
// Records are copied out and librdkafka's are given back at once, because each pins its whole fetch
// response. Offsets that a reader cannot see (aborted records, markers) are passed over when the
// partition's end is met. Used only by its worker, while the group does not change.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/handles.h"
#include "engine/base/clock.h"
#include "engine/log/log.h"

namespace sitrep {

class KafkaPartitionReader final : public PartitionReader {
 public:
  /// Whether records come with their headers; librdkafka makes a list of them per record, of none
  /// too.
  enum class Headers { kWith, kWithout };

  /// `client` and `clock` outlive the reader; `queue` is the partition's own, forwarded nowhere.
  KafkaPartitionReader(rd_kafka_t& client, KafkaQueuePtr queue, const StartPosition& start,
                       Headers headers, const Clock& clock);

  Result<void> read(std::size_t records_max, RecordBatch& out) override;
  Offset position() const override { return position_; }
  std::optional<Offset> known_end() const override;

 private:
  Result<void> take(const rd_kafka_message_t& message, RecordBatch& out);
  Result<void> take_error(const rd_kafka_message_t& message);
  void append(const rd_kafka_message_t& message, RecordBatch& out);
  std::span<const HeaderView> headers_of(const rd_kafka_message_t& message);

  rd_kafka_t& client_;
  const KafkaQueuePtr queue_;
  const TopicPartition partition_;
  const bool with_headers_;
  const Clock& clock_;
  Offset position_;
  std::optional<Error> error_;                 // of the read before, which had records
  std::vector<rd_kafka_message_t*> messages_;  // reused by read
  std::vector<HeaderView> headers_;            // reused by headers_of
  std::optional<Micros> last_logged_;
};

}  // namespace sitrep
