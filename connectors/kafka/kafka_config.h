// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes librdkafka clients from KafkaOptions: our kDefault settings, over them the user's
// properties, and our kRequired settings, which no property may contradict. librdkafka's log lines
// go to engine/base/logging.h. Functions only; thread-safe.

#include <span>
#include <string>
#include <string_view>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/result.h"

namespace sitrep {

/// One property that this connector sets.
struct KafkaSetting {
  enum class Strength {
    kDefault,   ///< The user's properties may say otherwise.
    kRequired,  ///< Guarantees rest on it: such a property is refused.
  };
  std::string name;
  std::string value;
  Strength strength = Strength::kRequired;
};

/// Brokers, own settings and the user's properties in one configuration. kInvalidConfig names the
/// property that librdkafka does not take, and why. Callbacks and opaque are the caller's to set.
Result<KafkaConfPtr> make_kafka_conf(const KafkaOptions& options,
                                     std::span<const KafkaSetting> own);

/// A client of this configuration; its threads start, no broker is waited for.
Result<KafkaClientPtr> make_kafka_client(rd_kafka_type_t type, KafkaConfPtr conf);

}  // namespace sitrep
