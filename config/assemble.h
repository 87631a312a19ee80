// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turns a planned job into a topology with its factories: the one place that sees the operators and
// the formats by name. Thread-compatible.

#include <memory>

#include "config/plan_job.h"
#include "engine/api/function_registry.h"
#include "engine/runtime/topology.h"

namespace sitrep {

/// Every scalar and aggregate function that SQL may call.
FunctionRegistry make_function_registry();

/// The topology of `plan`, which the topology keeps alive.
Topology assemble_topology(std::shared_ptr<const JobPlan> plan);

}  // namespace sitrep
