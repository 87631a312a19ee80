// SPDX-License-Identifier: Apache-2.0
#pragma once
// Why brokers do not answer. A call to them that fails says "Broker transport failure" and no more;
// what happened (connection refused, host unknown, wrong password) librdkafka tells only to a
// callback, on a queue that somebody must empty. So a client that lives as long as the question
// asks once more. Function only; thread-safe.

#include <string>

#include "connectors/kafka/kafka_log.h"

namespace sitrep {

/// "127.0.0.1:9092/bootstrap: Connect to … failed: Connection refused …"; empty when the brokers
/// answer, or say nothing at all for a second.
std::string find_connection_fault(const KafkaOptions& options);

}  // namespace sitrep
