// SPDX-License-Identifier: Apache-2.0
#pragma once
// The topics of a planned job: what is read, each by one source or table; what is written, and that
// no output comes back in as input or lands among the state. Thread-safe.

#include <string>
#include <string_view>
#include <vector>

#include "config/error_list.h"
#include "config/plan_job.h"

namespace sitrep {

/// Fills in input_topics and output_topics of a plan whose stages are cut.
void collect_topics(JobPlan& plan, ErrorList& errors);

/// The internal topics of a stage and of a cut: `<job>.<stage>.state`, `<job>.<cut>.repartition`.
std::string state_topic(std::string_view job, std::string_view stage);
std::string repartition_topic(std::string_view job, std::string_view cut);

}  // namespace sitrep
