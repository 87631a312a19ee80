// SPDX-License-Identifier: Apache-2.0
#pragma once
// A member of a consumer group: static membership, range assignment, eager protocol. A change of
// the assignment is handed out by poll() and answered by assign() or unassign() when the caller has
// ended its open epoch; until then the group waits. Each partition is read through a queue of its
// own, whose limits together stay within queue_bytes_max. Used only by the control thread.

#include <map>
#include <memory>
#include <string>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/log/log.h"

namespace sitrep {

struct JoinedGroup {
  std::unique_ptr<GroupReader> reader;
  /// The member: a broker takes positions of a group only from its members.
  SharedKafkaClient member;
};

/// When members of each instance were thrown out last. A member whose request was sent twice, as
/// happens when a broker goes down, may throw out itself; a second time soon after is another
/// process's doing.
using FencedTimes = std::map<std::string, Micros>;

/// Joins; a topic that begins with ^ is a pattern. No broker is waited for. `clock` and `fenced`
/// outlive the group and its readers.
Result<JoinedGroup> join_group(const KafkaOptions& options, const GroupOptions& group,
                               const Clock& clock, FencedTimes& fenced);

}  // namespace sitrep
