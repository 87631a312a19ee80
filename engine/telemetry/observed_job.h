// SPDX-License-Identifier: Apache-2.0
#pragma once
// One of the jobs that a process runs, as scrapes and probes see it. Plain data; what it points to
// outlives it.

#include <string>

#include "engine/telemetry/health.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

struct ObservedJob {
  std::string name;
  const MetricsRegistry* metrics = nullptr;
  const Health* health = nullptr;
};

}  // namespace sitrep
