// SPDX-License-Identifier: Apache-2.0
#pragma once
// Asks the cluster how many partitions a topic has, without creating it by the question.
// Function only; thread-safe.

#include <cstdint>
#include <optional>
#include <string>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/result.h"

namespace sitrep {

/// Nothing when there is no such topic; retriable kUnavailable, naming the brokers, when none of
/// them answers. Waits at most `options.request_timeout`. `client` may be of any type.
Result<std::optional<std::int32_t>> count_partitions(rd_kafka_t& client, const std::string& topic,
                                                     const KafkaOptions& options);

/// For librdkafka's time-outs.
int to_milliseconds(Micros time);

}  // namespace sitrep
