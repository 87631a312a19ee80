// SPDX-License-Identifier: Apache-2.0
#pragma once
// `sitrep demo`: a broker, telemetry with faults, the jobs in config/jobs/ and a view of what they
// find, all in this process; nothing is left behind. Used only by its caller.

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "engine/base/result.h"
#include "engine/base/stop_flag.h"

namespace sitrep {

struct DemoOptions {
  /// camp, fleet or both.
  std::string scenario = "both";
  /// Of each scenario.
  double records_per_second = 100;
  /// Absent: until stopped.
  std::optional<double> seconds;
  std::uint64_t seed = 1;
};

/// `terminal`: `out` is one, and may be drawn on.
Result<void> run_demo(const DemoOptions& options, bool terminal, const StopFlag& stop,
                      std::ostream& out);

}  // namespace sitrep
