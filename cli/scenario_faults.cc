// SPDX-License-Identifier: Apache-2.0
#include "cli/scenario_faults.h"

#include <array>

namespace sitrep {
namespace {

constexpr Micros at(int second) { return second * kMicrosPerSecond; }

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

std::span<const FaultWindow> camp_faults() { return kCampFaults; }
std::span<const FaultWindow> fleet_faults() { return kFleetFaults; }

FaultSet faults_at(std::span<const FaultWindow> schedule, std::string_view device, Micros elapsed) {
  const Micros in_cycle = elapsed % kFaultCycle;
  FaultSet faults;
  for (const FaultWindow& window : schedule) {
    if (window.where == device && window.begin <= in_cycle && in_cycle < window.end) {
      faults.add(window.fault);
    }
  }
  return faults;
}

std::optional<Micros> outage_end(std::span<const FaultWindow> schedule, std::string_view camp,
                                 Micros elapsed) {
  const Micros in_cycle = elapsed % kFaultCycle;
  const FaultWindow* window = find(schedule, Fault::kGatewayDown, camp, in_cycle);
  if (window == nullptr) return std::nullopt;
  return elapsed - in_cycle + window->end;
}

}  // namespace sitrep
