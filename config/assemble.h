// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turns a planned job into things that run: the topology with its factories, the log it names, and
// the instance's options. The one place that sees the operators and connectors by name.
// Thread-compatible.

#include <memory>
#include <string>

#include "config/plan_job.h"
#include "engine/api/function_registry.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/log/log.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/topology.h"

namespace sitrep {

/// Every scalar and aggregate function that SQL may call.
FunctionRegistry make_function_registry();

/// The topology of `plan`, which the topology keeps alive.
Topology assemble_topology(std::shared_ptr<const JobPlan> plan);

/// What the job file says about running it; `bounded` from the command line. Makes and reads
/// `<state_dir>/instance` when the job names no instance; kUnavailable when that cannot be done.
Result<InstanceOptions> assemble_instance_options(const JobSpec& spec, bool bounded);

/// Opens the Kafka cluster or directory that the job names. `clock` outlives the log.
Result<std::unique_ptr<Log>> open_log(const JobSpec& spec, bool bounded, const Clock& clock);

}  // namespace sitrep
