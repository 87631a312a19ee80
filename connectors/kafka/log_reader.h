// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads partitions outside any group: what a restore needs of a state log. Readers share a client,
// but for those of one partition: librdkafka reads a partition once per client, and who stops
// reading it stops it for the other. So a partition that is still being read is read through a
// further client. The readers are used by any one thread each, the clients by the log's owner.

#include <map>
#include <memory>
#include <vector>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

class LogReaders {
 public:
  /// `options` and `clock` outlive this; `clock` also the readers, which may outlive this.
  LogReaders(const KafkaOptions& options, const Clock& clock);

  Result<std::unique_ptr<PartitionReader>> open(const StartPosition& start);

 private:
  struct ReadingClient {
    SharedKafkaClient client;
    /// Alive while a reader of the partition is.
    std::map<TopicPartition, std::weak_ptr<const void>> readers;
  };
  Result<ReadingClient*> client_for(const TopicPartition& partition);

  const KafkaOptions& options_;
  const Clock& clock_;
  /// Made when needed, kept for the next one.
  std::vector<ReadingClient> clients_;
};

}  // namespace sitrep
