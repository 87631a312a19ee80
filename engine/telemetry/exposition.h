// SPDX-License-Identifier: Apache-2.0
#pragma once
// Registries in Prometheus' text format (version 0.0.4). Histograms are written in seconds, with
// cumulative buckets. Functions only; thread-safe.

#include <span>
#include <string>

#include "engine/telemetry/metrics.h"
#include "engine/telemetry/observed_job.h"

namespace sitrep {

/// Of several jobs each series says which one it is of, in the label `job`.
std::string prometheus_text(std::span<const ObservedJob> jobs);

}  // namespace sitrep
