// SPDX-License-Identifier: Apache-2.0
#pragma once
// `sitrep generate`: made-up telemetry in real time, as lines of JSON for a pipe, or into the
// topics that config/jobs/ read. Used only by its caller.

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/stop_flag.h"

namespace sitrep {

struct GenerateOptions {
  /// camp, fleet, smart_camp or vehicle_fleet.
  std::string scenario;
  /// Absent: payloads go to the output stream.
  std::optional<std::string> brokers;
  /// Only this topic's records; absent: all.
  std::optional<std::string> topic;
  double records_per_second = 100;
  /// Absent: until stopped.
  std::optional<double> seconds;
  /// Instead of real time: what would have come in so long before now, at once.
  std::optional<Micros> past;
  std::uint64_t seed = 1;
};

Result<void> generate(const GenerateOptions& options, const StopFlag& stop, std::ostream& out);

}  // namespace sitrep
