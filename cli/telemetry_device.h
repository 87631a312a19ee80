// SPDX-License-Identifier: Apache-2.0
#pragma once
// The senders of a scenario: generators, water points, cold stores, gates, vehicles. Each keeps its
// physical state between samples (a coolant warms up and cools down, it does not jump) and writes
// the columns that config/jobs/*.yaml declare. Thread-compatible.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/scenario_faults.h"
#include "cli/seeded_random.h"
#include "cli/telemetry_payload.h"

namespace sitrep {

/// The moment of a sample.
struct SampleTime {
  /// Since the scenario's start.
  double seconds;
  /// Since the device's last sample.
  double step;
};

class TelemetryDevice {
 public:
  struct Identity {
    std::string camp;
    std::string id;
    std::string topic;
    /// What the payload calls the id.
    std::string id_name = "asset";
    std::string message_key;
  };

  TelemetryDevice(Identity identity, std::uint64_t seed)
      : identity_(std::move(identity)), random_(seed) {}
  virtual ~TelemetryDevice() = default;

  const Identity& identity() const { return identity_; }
  SeededRandom& random() { return random_; }
  /// Whether what is sampled at `time` is sent: some devices speak less often than they are asked.
  virtual bool due(SampleTime) const { return true; }
  /// Appends the columns behind the origin.
  virtual void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) = 0;

 private:
  const Identity identity_;
  SeededRandom random_;
};

using DeviceList = std::vector<std::unique_ptr<TelemetryDevice>>;

/// Three camps; in each three generators, two water points, two cold stores, two gates.
DeviceList make_camp_devices(std::uint64_t seed);
/// The same camps with all that config/jobs/smart_camp.yaml reads (smart_camp_devices.cc).
DeviceList make_smart_camp_devices(std::uint64_t seed);
/// Eight vehicles at each of three camps.
DeviceList make_fleet_devices(std::uint64_t seed);

}  // namespace sitrep
