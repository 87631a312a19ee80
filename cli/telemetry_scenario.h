// SPDX-License-Identifier: Apache-2.0
#pragma once
// Made-up telemetry for demonstrations and trials: `camp`, `fleet`, `smart_camp` and
// `vehicle_fleet`, matching config/jobs/. The same options give the same bytes. What a scenario's
// tables hold is sent first.
// Devices sample in turn; a gateway per camp, with a clock of its own that is some milliseconds
// off, sends what they say: most of it at once, some overtaken, a little very late, and after an
// outage the whole backlog in order. Some records are broken on purpose (Mishap). Time is only what
// the caller says. Thread-compatible.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/telemetry_device.h"
#include "engine/base/result.h"

namespace sitrep {

struct ScenarioOptions {
  /// camp, fleet, smart_camp or vehicle_fleet.
  std::string name;
  std::uint64_t seed = 1;
  /// Over all devices.
  double records_per_second = 100;
  /// Event time of the first record.
  Micros start = 0;
};

struct TelemetryRecord {
  std::string topic;
  std::string key;
  std::string payload;
  /// When the gateway sends it.
  Micros sent;
  /// What its `ts` means, except for Mishap::kFutureClock.
  Micros event_time;
  Mishap mishap = Mishap::kNone;
};

class TelemetryScenario {
 public:
  /// kInvalidConfig when there is no such scenario or the rate is not above 0.
  static Result<TelemetryScenario> make(const ScenarioOptions& options);

  /// What is sent up to `until` and was not given before, in the order of sending.
  std::vector<TelemetryRecord> advance(Micros until);
  /// Every topic that it sends to, by name.
  std::vector<std::string> topics() const;
  /// Those of them that are tables, to be compacted.
  const std::set<std::string>& table_topics() const { return table_topics_; }

 private:
  TelemetryScenario(const ScenarioOptions& options, DeviceList devices,
                    const FaultSchedule& faults, std::vector<TelemetryRecord> tables = {});
  Micros time_of(std::uint64_t sample) const;
  void take_sample(std::uint64_t sample);
  Micros sending_time(TelemetryDevice& device, Micros elapsed) const;

  ScenarioOptions options_;
  DeviceList devices_;
  FaultSchedule faults_;
  /// Until they are given.
  std::vector<TelemetryRecord> tables_;
  std::set<std::string> table_topics_;
  std::uint64_t next_sample_ = 0;
  /// By time of sending and number of the sample: ties keep the order of sampling.
  std::map<std::pair<Micros, std::uint64_t>, TelemetryRecord> underway_;
};

}  // namespace sitrep
