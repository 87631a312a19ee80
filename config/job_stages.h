// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cuts a planned job into stages: sources that some stream reads together, and all that is computed
// from them. Thread-safe.

#include <vector>

#include "config/plan_job.h"

namespace sitrep {

/// The stages of a plan whose sources, streams and alerts are filled in, by name. A source that
/// nothing reads is in none.
std::vector<StagePlan> cut_stages(const JobPlan& plan);

}  // namespace sitrep
