// SPDX-License-Identifier: Apache-2.0
#pragma once
// Commits input positions and what stands beside them to a consumer group, for writers without
// transactions; and the list of positions in librdkafka's form, for those with. Used only by its
// writer's thread.

#include <memory>
#include <span>
#include <string>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

KafkaPartitionListPtr make_position_list(std::span<const CommittedPosition> positions);

class GroupPositions {
 public:
  /// Commits as `member` of the group; without one as an outsider, which brokers take while the
  /// group is empty.
  static Result<std::unique_ptr<GroupPositions>> open(const KafkaOptions& options,
                                                      const std::string& group,
                                                      SharedKafkaClient member);
  GroupPositions(const GroupPositions&) = delete;
  GroupPositions& operator=(const GroupPositions&) = delete;

  /// Returns when the group's coordinator has them.
  Result<void> commit(std::span<const CommittedPosition> positions);

 private:
  GroupPositions(const KafkaOptions& options, std::string group);

  const std::string group_;
  const std::string brokers_;
  const Micros request_timeout_;
  SharedKafkaClient client_;
};

}  // namespace sitrep
