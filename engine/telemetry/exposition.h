// SPDX-License-Identifier: Apache-2.0
#pragma once
// The registry in Prometheus' text format (version 0.0.4). Histograms are written in seconds, with
// cumulative buckets. Functions only; thread-safe.

#include <string>

#include "engine/telemetry/metrics.h"

namespace sitrep {

std::string prometheus_text(const MetricsRegistry& metrics);

}  // namespace sitrep
