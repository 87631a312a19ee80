// SPDX-License-Identifier: Apache-2.0
#pragma once
// What of assembling a topology is about outputs: how rows become records of a topic. Private to
// assemble.cc. Thread-safe.

#include <cstddef>
#include <string>

#include "config/plan_job.h"
#include "engine/data/schema.h"
#include "engine/runtime/topology.h"

namespace sitrep {

/// Writes what the stage's node `node` puts out of a stream, rows of `schema`.
SinkNode make_sink(std::size_t node, const SinkPlan& sink, const Schema& schema);

/// Writes the records of an alert of the job `job`; epochs do not keep them waiting.
SinkNode make_alert_sink(std::size_t node, const SinkPlan& sink, const std::string& job);

/// Late rows of that node: the input's rows as they were decoded.
SinkNode make_late_sink(std::size_t node, const std::string& topic, const Schema& schema);

}  // namespace sitrep
