// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Kafka broker inside this process, for the demonstration: librdkafka's mock cluster on a port of
// the loopback address, which kcat and others can talk to as well. It keeps at most 5 MiB per
// partition, in memory, and gives everything up with the process. It only pretends transactions
// (aborted records are visible), so jobs on it run at least once. Thread-safe after creation.

#include <map>
#include <memory>
#include <string>

#include "engine/base/result.h"

// librdkafka's names for its handles.
struct rd_kafka_s;
struct rd_kafka_mock_cluster_s;

namespace sitrep {

class DemoBroker {
 public:
  static Result<std::unique_ptr<DemoBroker>> start();
  ~DemoBroker();

  /// By name, with their numbers of partitions. One that is there already stays as it is.
  Result<void> create_topics(const std::map<std::string, int>& topics);
  /// 127.0.0.1:PORT.
  const std::string& address() const { return address_; }

 private:
  DemoBroker(rd_kafka_s* client, rd_kafka_mock_cluster_s* cluster);

  rd_kafka_s* const client_;
  rd_kafka_mock_cluster_s* const cluster_;
  const std::string address_;
};

}  // namespace sitrep
