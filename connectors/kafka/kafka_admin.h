// SPDX-License-Identifier: Apache-2.0
#pragma once
// Requests about topics: making them, their settings, and forgetting their beginning; and about who
// is in a group. Each waits for its answer, at most twice request_timeout. Functions only;
// thread-safe as rd_kafka_t is.

#include <map>
#include <string>
#include <vector>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

/// Makes a topic; one that exists is left as it is. Brokers may hear of it a moment later.
Result<void> request_topic(rd_kafka_t& client, const KafkaOptions& options,
                           const std::string& topic, const TopicOptions& wanted);
Result<std::map<std::string, std::string>> request_settings(rd_kafka_t& client,
                                                            const KafkaOptions& options,
                                                            const std::string& topic);
Result<void> delete_records(rd_kafka_t& client, const KafkaOptions& options,
                            const TopicPartition& partition, Offset before);
/// None of a group that does not exist.
Result<std::vector<GroupMember>> request_members(rd_kafka_t& client, const KafkaOptions& options,
                                                 const std::string& group);

}  // namespace sitrep
