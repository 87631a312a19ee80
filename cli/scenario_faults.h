// SPDX-License-Identifier: Apache-2.0
#pragma once
// What goes wrong in a scenario, and when: each fault begins and ends at fixed seconds of a cycle.
// That of a demonstration is a minute, so that whoever watches sees all of them; that of a mission
// pack is longer, since its alerts wait for as long as on a site. Thread-safe.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/base/ids.h"

namespace sitrep {

/// Of camp and fleet.
inline constexpr Micros kDemoFaultCycle = 60 * kMicrosPerSecond;

enum class Fault : std::uint8_t {
  kOverheating,
  kFuelLow,
  kContamination,  ///< Turbid water, and the chlorine is used up.
  kWarmStore,      ///< The door of a cold store stands open.
  kTampering,
  kSpeeding,
  kParked,         ///< Not a fault, but fuel theft needs it.
  kFuelTheft,
  kSilent,         ///< The device sends nothing; what it would have said is lost.
  kHarshDriving,
  kCrash,          ///< One blow, then it stands.
  kIdling,
  kUnbelted,
  kOutOfArea,
  kGatewayDown,    ///< A camp sends nothing, and afterwards everything at once.
  kUnderload,
  kOverload,
  kBatteryLow,
  kNoDelivery,     ///< Nobody refills the fuel tank.
  kAcidWater,
  kTankLow,
  kLeak,
  kFreezing,
  kSmoke,          ///< Carbon monoxide.
  kDust,
  kIntrusion,      ///< A sensor of the perimeter sees somebody.
};

/// `where` is a device, or for kGatewayDown a camp.
struct FaultWindow {
  Fault fault;
  std::string_view where;
  Micros begin;  ///< Within the cycle.
  Micros end;
};

/// The faults of one device at one moment.
class FaultSet {
 public:
  void add(Fault fault) { bits_ |= 1U << static_cast<unsigned>(fault); }
  bool has(Fault fault) const { return (bits_ & (1U << static_cast<unsigned>(fault))) != 0; }

 private:
  std::uint32_t bits_ = 0;
};

struct FaultSchedule {
  std::span<const FaultWindow> windows;
  /// After so long it begins again.
  Micros cycle;
};

FaultSchedule camp_faults();
FaultSchedule smart_camp_faults();
FaultSchedule fleet_faults();

/// What is wrong with `device`, `elapsed` after the scenario's start.
FaultSet faults_at(const FaultSchedule& schedule, std::string_view device, Micros elapsed);

/// When the outage of `camp`'s gateway that lasts at `elapsed` ends; nothing when there is none.
std::optional<Micros> outage_end(const FaultSchedule& schedule, std::string_view camp,
                                 Micros elapsed);

}  // namespace sitrep
