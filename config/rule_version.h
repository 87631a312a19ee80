// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which rule an alert record was written by: the column `rule_version`, and a line of explain.
// Thread-safe.

#include <string>

#include "config/plan_job.h"

namespace sitrep {

/// 8 characters (40 bits of XXH3-64 in base 32) of what decides when `alert` is raised, updated,
/// told again and cleared, as it is bound. How it was written, what its texts say and where its
/// records go make no difference.
std::string rule_version(const JobPlan& plan, const AlertPlan& alert);
/// The same of what decides about floods.
std::string flood_version(const FloodPlan& flood);

}  // namespace sitrep
