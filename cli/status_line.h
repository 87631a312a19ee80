// SPDX-License-Identifier: Apache-2.0
#pragma once
// The line that tells an operator how a job is doing: rate, lag, late rows, dead letters, and which
// partition holds which windows back. Made from the metrics. Used only by its caller.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

/// Topic to the streams whose windows close by its watermarks.
using WindowsOfTopic = std::map<std::string, std::vector<std::string>, std::less<>>;

class StatusLine {
 public:
  /// References outlive the line.
  StatusLine(const MetricsRegistry& metrics, const Clock& clock, WindowsOfTopic windows);

  /// The line now; rates since the last call.
  std::string next();
  /// The same at the end, where no window waits any more.
  std::string last();

 private:
  std::string line(bool waits);

  const MetricsRegistry& metrics_;
  const Clock& clock_;
  WindowsOfTopic windows_;
  Micros last_at_;
  double last_rows_ = 0;
};

}  // namespace sitrep
