// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cuts a planned job into stages: the sources and cuts whose rows something keyed reads together,
// and all that is computed from them. Thread-safe.

#include <vector>

#include "config/plan_job.h"

namespace sitrep {

/// The stages of a plan whose sources, streams, alerts and cuts are filled in, by level
/// and name. A source that nothing reads is in none.
std::vector<StagePlan> cut_stages(const JobPlan& plan);

}  // namespace sitrep
