// SPDX-License-Identifier: Apache-2.0
#pragma once
// What of assembling a topology is about one alert: the operator that its rule becomes. Private to
// assemble.cc. Thread-safe.

#include <functional>
#include <memory>
#include <string>

#include "config/plan_job.h"
#include "engine/api/operator.h"

namespace sitrep {

/// Makes the alert's operator, once per task.
std::function<std::unique_ptr<Operator>()> alert_operator(const std::string& job,
                                                          const AlertPlan& alert);

}  // namespace sitrep
