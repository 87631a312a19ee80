// SPDX-License-Identifier: Apache-2.0
#pragma once
// The topics that a job makes for itself, state logs and repartition topics: they keep what they
// are given for ever, or until sitrep trims it. Functions only; thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/log/log.h"
#include "engine/runtime/topology.h"

namespace sitrep {

/// Makes the topic with `partitions` where it does not exist, and returns how many it has.
/// kInvalidConfig when it is there with settings that would lose records. `holds`: for messages,
/// "the state of stage fleet".
Result<std::int32_t> make_own_topic(Log& log, const std::string& topic, std::int32_t partitions,
                                    std::string_view holds);

/// Makes the repartition topics of a job, each with as many partitions as the largest of its
/// senders' inputs. A topic from outside that does not exist is not complained about here.
Result<void> make_repartition_topics(Log& log, const Topology& topology);

}  // namespace sitrep
