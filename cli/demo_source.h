// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sends the demonstration's telemetry on a thread of its own, in real time, beginning with the
// minute before the start: so the first windows and alerts are there at once. Used only by its
// caller.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/telemetry_scenario.h"
#include "cli/telemetry_sender.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/base/spsc_ring.h"
#include "engine/base/stop_flag.h"
#include "engine/log/log.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

/// How much of the past is sent first: one cycle of faults.
inline constexpr Micros kDemoHistory = kDemoFaultCycle;

class DemoSource {
 public:
  struct Options {
    std::vector<std::string> scenarios;
    /// Of each scenario.
    double records_per_second = 100;
    std::uint64_t seed = 1;
  };

  /// Starts to send; the topics must exist. `log` and `clock` outlive the source.
  static Result<std::unique_ptr<DemoSource>> start(const Options& options, Log& log,
                                                   const Clock& clock);
  /// Stops and joins.
  ~DemoSource();

  std::uint64_t records_sent() const { return records_sent_.value(); }
  /// Why it gave up; nothing while it sends.
  std::optional<Error> failure() { return failure_.try_pop(); }
  void request_stop() { stop_.request(); }

 private:
  DemoSource(std::vector<TelemetryScenario> scenarios, TelemetrySender sender, const Clock& clock);
  Result<void> run();

  std::vector<TelemetryScenario> scenarios_;
  TelemetrySender sender_;
  const Clock& clock_;
  Counter records_sent_;
  StopFlag stop_;
  SpscRing<Error> failure_{1};
  std::thread thread_;
};

}  // namespace sitrep
