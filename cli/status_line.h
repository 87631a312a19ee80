// SPDX-License-Identifier: Apache-2.0
#pragma once
// The line that tells an operator how a job is doing: rate, lag, late rows, dead letters, and which
// partition holds the others' windows back. Made from the metrics. Used only by its caller.

#include <cstdint>
#include <string>

#include "engine/base/clock.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

class StatusLine {
 public:
  /// References outlive the line.
  StatusLine(const MetricsRegistry& metrics, const Clock& clock);

  /// The line now; rates since the last call.
  std::string next();

 private:
  const MetricsRegistry& metrics_;
  const Clock& clock_;
  Micros last_at_;
  double last_rows_ = 0;
};

}  // namespace sitrep
