// SPDX-License-Identifier: Apache-2.0
#pragma once
// `sitrep run`: runs a planned job against its log until it is stopped, or (bounded) is finished,
// with metrics and health over HTTP and a status line in the log. Used only by its caller.

#include <memory>

#include "config/plan_job.h"
#include "engine/base/result.h"
#include "engine/base/stop_flag.h"
#include "engine/log/log.h"

namespace sitrep {

struct RunOptions {
  bool bounded = false;
};

Result<void> run_job(std::shared_ptr<const JobPlan> plan, const RunOptions& options,
                     const StopFlag& stop);

}  // namespace sitrep
