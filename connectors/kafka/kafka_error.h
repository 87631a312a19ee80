// SPDX-License-Identifier: Apache-2.0
#pragma once
// librdkafka's errors as ours: what the caller may do (kind, retry), and a message that begins with
// what was attempted. Errors that pass by themselves, or by starting over with a new client, are
// retriable kUnavailable; wrong credentials, rights, names and sizes are kInvalidConfig; damaged
// bytes are kCorrupt. Functions only; thread-safe.

#include <string_view>

#include "connectors/kafka/handles.h"
#include "engine/base/error.h"

namespace sitrep {

/// `attempted` reads on with ": reason": "cannot list the partitions of topic fleet".
Error kafka_error(std::string_view attempted, rd_kafka_resp_err_t code);
Error kafka_error(std::string_view attempted, const rd_kafka_error_t& error);
/// For answers that come with a text of their own.
Error kafka_error(std::string_view attempted, rd_kafka_resp_err_t code, std::string_view reason);

}  // namespace sitrep
