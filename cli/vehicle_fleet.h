// SPDX-License-Identifier: Apache-2.0
#pragma once
// The scenario `vehicle_fleet`, for config/jobs/vehicle_fleet.yaml: vehicles that patrol around
// their camps, where most of what its rules watch goes wrong within twenty minutes, as the rules
// wait for as long as on a site; and the records of its tables. Thread-safe.

#include <cstdint>
#include <vector>

#include "cli/scenario_faults.h"
#include "cli/telemetry_device.h"
#include "cli/telemetry_scenario.h"

namespace sitrep {

/// Six vehicles at each of three camps; those of `hill` are parked, but for two.
DeviceList make_vehicle_fleet_devices(std::uint64_t seed);
FaultSchedule vehicle_fleet_faults();
/// Zones, limits, curfew, vehicles, services. All sent at `start`, and valid since 2020.
std::vector<TelemetryRecord> vehicle_fleet_tables(Micros start);

}  // namespace sitrep
