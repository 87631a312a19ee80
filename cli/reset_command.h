// SPDX-License-Identifier: Apache-2.0
#pragma once
// `sitrep reset`: takes the state of a job back, or says what that would mean. Used only by its
// caller.

#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "config/plan_job.h"
#include "engine/base/result.h"

namespace sitrep {

struct ResetCommandOptions {
  std::optional<std::string> stream;
  bool yes = false;
};

Result<void> reset_job(std::shared_ptr<const JobPlan> plan, const ResetCommandOptions& options,
                       std::ostream& out);

}  // namespace sitrep
