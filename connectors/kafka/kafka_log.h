// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Kafka cluster as a Log: groups read with read_committed, writers write at least or exactly
// once. Opening checks the options but does not wait for a broker: each call that needs one answers
// kUnavailable, naming the brokers, when none is reached within request_timeout. The log is
// thread-safe; the readers and writers that it opens belong to one thread each and may outlive it.

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

struct KafkaOptions {
  /// `host:port,host:port`: where the cluster is first asked.
  std::string brokers;
  /// librdkafka's own properties; they win over our defaults.
  std::map<std::string, std::string> properties;
  /// Copies of each partition of the topics that are created; nothing: the brokers decide.
  std::optional<int> replication = {};
  /// Payload bytes that one writer, and one group's readers together, may hold in queues.
  std::size_t queue_bytes_max = 16U << 20U;
  /// How long one request to a broker may take before it counts as unavailable.
  Micros request_timeout = 5 * kMicrosPerSecond;
  /// Nobody else reads in the groups that are joined, now or later: joining waits for no rebalance,
  /// every partition is assigned at the first poll (a broker takes 3 s to form a group).
  bool sole_reader = false;
  /// Whether topics of our own may hold state. The mock cluster inside librdkafka only pretends
  /// transactions, and deletes nothing.
  bool keeps_state = true;
};

/// `clock` outlives the log and everything that it opens.
Result<std::unique_ptr<Log>> open_kafka_log(KafkaOptions options, const Clock& clock);

}  // namespace sitrep
