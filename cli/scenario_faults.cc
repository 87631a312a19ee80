// SPDX-License-Identifier: Apache-2.0
#include "cli/scenario_faults.h"

#include <array>

namespace sitrep {
namespace {

constexpr Micros at(int second) { return second * kMicrosPerSecond; }
constexpr Micros at_hour(int hour, int minute = 0) { return at((hour * 60 + minute) * 60); }

constexpr std::array kCampFaults = {
    // From the first second on: the first alert comes within five.
    FaultWindow{Fault::kOverheating, "north-gen-2", at(0), at(16)},
    FaultWindow{Fault::kContamination, "river-well-1", at(6), at(22)},
    FaultWindow{Fault::kWarmStore, "river-fridge-2", at(10), at(26)},
    FaultWindow{Fault::kFuelLow, "river-gen-1", at(14), at(34)},
    FaultWindow{Fault::kTampering, "river-gate-1", at(20), at(21)},
    FaultWindow{Fault::kSilent, "north-well-2", at(24), at(44)},
    // The second cold store fails behind a dead link: its alert comes with the backlog, late in
    // processing time and at the right event time.
    FaultWindow{Fault::kWarmStore, "hill-fridge-1", at(30), at(46)},
    FaultWindow{Fault::kGatewayDown, "hill", at(34), at(50)},
};

// Each lasts as long as its rule waits, and a little more. Three nights pass before the leak: what
// the water does at night must be known by then.
constexpr std::array kSmartCampFaults = {
    FaultWindow{Fault::kNoDelivery, "hill-tank-1", at_hour(0), at_hour(110)},
    FaultWindow{Fault::kUnderload, "north-gen-2", at_hour(1), at_hour(7)},
    FaultWindow{Fault::kOverload, "river-gen-1", at_hour(2), at_hour(3)},
    FaultWindow{Fault::kOverheating, "hill-gen-1", at_hour(5), at_hour(6)},
    FaultWindow{Fault::kBatteryLow, "river-battery-2", at_hour(8), at_hour(10)},
    FaultWindow{Fault::kFuelLow, "north-gen-1", at_hour(10), at_hour(12)},
    FaultWindow{Fault::kContamination, "river-well-1", at_hour(12), at_hour(13)},
    FaultWindow{Fault::kAcidWater, "hill-well-1", at_hour(14), at_hour(15)},
    FaultWindow{Fault::kTankLow, "north-well-1", at_hour(16), at_hour(18)},
    FaultWindow{Fault::kWarmStore, "river-fridge-2", at_hour(20), at_hour(32)},
    FaultWindow{Fault::kFreezing, "hill-fridge-1", at_hour(22), at_hour(25)},
    FaultWindow{Fault::kSmoke, "river-air-1", at_hour(26), at_hour(35)},
    FaultWindow{Fault::kFuelTheft, "river-tank-1", at_hour(30), at_hour(30, 15)},
    FaultWindow{Fault::kDust, "hill-air-1", at_hour(36), at_hour(68)},
    FaultWindow{Fault::kIntrusion, "north-sensor-1", at_hour(50), at_hour(50, 2)},
    FaultWindow{Fault::kIntrusion, "north-sensor-2", at_hour(50), at_hour(50, 2)},
    FaultWindow{Fault::kIntrusion, "river-sensor-3", at_hour(51), at_hour(51, 1)},
    FaultWindow{Fault::kTampering, "hill-sensor-2", at_hour(52), at_hour(52, 10)},
    FaultWindow{Fault::kSilent, "river-sensor-1", at_hour(54), at_hour(54, 5)},
    FaultWindow{Fault::kTampering, "river-gate-1", at_hour(56), at_hour(56, 2)},
    FaultWindow{Fault::kSilent, "north-battery-2", at_hour(58), at_hour(59)},
    FaultWindow{Fault::kGatewayDown, "hill", at_hour(60), at_hour(61)},
    FaultWindow{Fault::kLeak, "north-well-2", at_hour(72), at_hour(98)},
};

constexpr std::array kFleetFaults = {
    FaultWindow{Fault::kSpeeding, "north-v3", at(0), at(16)},
    FaultWindow{Fault::kOverheating, "river-v2", at(8), at(26)},
    FaultWindow{Fault::kParked, "hill-v5", at(8), at(54)},
    FaultWindow{Fault::kFuelTheft, "hill-v5", at(18), at(48)},
    FaultWindow{Fault::kSilent, "north-v6", at(22), at(44)},
    FaultWindow{Fault::kGatewayDown, "river", at(32), at(48)},
};

const FaultWindow* find(std::span<const FaultWindow> schedule, Fault fault, std::string_view where,
                        Micros in_cycle) {
  for (const FaultWindow& window : schedule) {
    if (window.fault == fault && window.where == where && window.begin <= in_cycle &&
        in_cycle < window.end) {
      return &window;
    }
  }
  return nullptr;
}

}  // namespace

FaultSchedule camp_faults() { return {.windows = kCampFaults, .cycle = kDemoFaultCycle}; }
FaultSchedule smart_camp_faults() {
  return {.windows = kSmartCampFaults, .cycle = at_hour(120)};
}
FaultSchedule fleet_faults() { return {.windows = kFleetFaults, .cycle = kDemoFaultCycle}; }

FaultSet faults_at(const FaultSchedule& schedule, std::string_view device, Micros elapsed) {
  const Micros in_cycle = elapsed % schedule.cycle;
  FaultSet faults;
  for (const FaultWindow& window : schedule.windows) {
    if (window.where == device && window.begin <= in_cycle && in_cycle < window.end) {
      faults.add(window.fault);
    }
  }
  return faults;
}

std::optional<Micros> outage_end(const FaultSchedule& schedule, std::string_view camp,
                                 Micros elapsed) {
  const Micros in_cycle = elapsed % schedule.cycle;
  const FaultWindow* window = find(schedule.windows, Fault::kGatewayDown, camp, in_cycle);
  if (window == nullptr) return std::nullopt;
  return elapsed - in_cycle + window->end;
}

}  // namespace sitrep
