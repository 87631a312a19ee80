// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a job will do, for people: stages and tasks, what is read and by which rules, what is
// computed and how much state a key costs, what is written where, under which guarantees, and how
// the memory is split. The same plan gives the same text. Thread-safe.

#include <string>

#include "config/plan_job.h"

namespace sitrep {

std::string explain(const JobPlan& plan);

}  // namespace sitrep
