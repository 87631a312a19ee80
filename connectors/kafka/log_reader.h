// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads one partition outside any group: what a restore needs of a state log. Used by any one
// thread at a time.

#include <memory>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

/// A client for such readers.
Result<SharedKafkaClient> make_reading_client(const KafkaOptions& options);

/// `clock` outlives the reader.
Result<std::unique_ptr<PartitionReader>> open_log_reader(const KafkaOptions& options,
                                                         SharedKafkaClient client,
                                                         const StartPosition& start,
                                                         const Clock& clock);

}  // namespace sitrep
