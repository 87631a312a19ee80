// SPDX-License-Identifier: Apache-2.0
#include "cli/telemetry_device.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "cli/device_maker.h"
#include "cli/inertia.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

/// Load of a camp over ten minutes: a day in a hurry.
double wave(double seconds, double phase) { return std::sin(seconds / 95 + phase); }

class Generator final : public TelemetryDevice {
 public:
  Generator(Identity identity, std::uint64_t seed)
      : TelemetryDevice(std::move(identity), seed), phase_(random().between(0, 6)) {}

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const double load = 55 + 20 * wave(time.seconds, phase_) + random().noise(2);
    const double coolant =
        coolant_.follow(faults.has(Fault::kOverheating) ? 104 : 84 + load / 20, time.step);
    const double fuel = fuel_.follow(faults.has(Fault::kFuelLow) ? 6 : 64, time.step);
    payload.flag("running", true);
    payload.number("load_kw", load);
    payload.number("rated_kw", 100);
    payload.number("coolant_c", coolant + random().noise(0.2));
    payload.number("oil_kpa", 380 + random().noise(8));
    payload.number("fuel_pct", fuel + random().noise(0.1));
  }

 private:
  const double phase_;
  Inertia coolant_{87, 0.4};
  Inertia fuel_{64, 2};
};

class WaterPoint final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const bool bad = faults.has(Fault::kContamination);
    payload.number("tank_pct", 70 + 8 * wave(time.seconds, 1) + random().noise(0.3));
    payload.number("flow_lpm", 42 + random().noise(4));
    const double chlorine = chlorine_.follow(bad ? 0.04 : 0.35, time.step);
    payload.number("chlorine_mg_l", std::max(0.0, chlorine + random().noise(0.005)));
    const double turbidity = turbidity_.follow(bad ? 9 : 0.6, time.step);
    payload.number("turbidity_ntu", std::max(0.0, turbidity + random().noise(0.1)));
    payload.number("ph", 7.3 + random().noise(0.05));
  }

 private:
  Inertia chlorine_{0.35, 1.5};
  Inertia turbidity_{0.6, 1.5};
};

class ColdStore final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const bool open = faults.has(Fault::kWarmStore);
    payload.number("temp_c", air_.follow(open ? 14 : 4.5, time.step) + random().noise(0.1));
    payload.flag("door_open", open);
  }

 private:
  Inertia air_{4.5, 5};
};

class Gate final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime, TelemetryPayload& payload) override {
    const bool entry = random().chance(0.5);
    payload.text("event", faults.has(Fault::kTampering) ? "tamper" : entry ? "entry" : "exit");
    payload.count("persons", 1 + static_cast<std::int64_t>(random().next() % 4));
  }
};

class Vehicle final : public TelemetryDevice {
 public:
  Vehicle(Identity identity, std::uint64_t seed)
      : TelemetryDevice(std::move(identity), seed),
        phase_(random().between(0, 6)),
        lat_(random().between(9.5, 9.7)),
        lon_(random().between(28.3, 28.6)) {}

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const bool parked = faults.has(Fault::kParked);
    const double cruise = 62 + 22 * wave(3 * time.seconds, phase_);
    const double speed = parked ? 0 : speed_.follow(target_speed(faults, cruise), time.step);
    const double coolant =
        coolant_.follow(faults.has(Fault::kOverheating) ? 110 : 89, time.step);
    const double fuel = fuel_.follow(faults.has(Fault::kFuelTheft) ? 44 : 62, time.step);
    move(speed, time.step);
    payload.number("speed", parked ? 0 : std::max(0.0, speed + random().noise(0.4)));
    payload.number("coolant_c", coolant + random().noise(0.3));
    payload.number("fuel_pct", fuel + random().noise(0.1));
    payload.number("accel_g", parked ? 0 : acceleration());
    payload.flag("engine_on", !parked);
    payload.begin_object("position");
    payload.number("lat", lat_);
    payload.number("lon", lon_);
    payload.end_object();
  }

 private:
  static double target_speed(FaultSet faults, double cruise) {
    return faults.has(Fault::kSpeeding) ? 124 : cruise;
  }

  /// One sample in fifty is a driver who brakes late.
  double acceleration() {
    return random().chance(0.02) ? random().between(-0.6, -0.37) : random().noise(0.06);
  }

  void move(double speed, double step) {
    const double heading = phase_ + wave(speed, 0);
    const double degrees = speed * step / 3600 / 111;  // 111 km to a degree
    lat_ += degrees * std::cos(heading);
    lon_ += degrees * std::sin(heading);
  }

  const double phase_;
  double lat_;
  double lon_;
  Inertia speed_{60, 0.5};
  Inertia coolant_{89, 1};
  Inertia fuel_{62, 1.5};
};

}  // namespace

DeviceList make_camp_devices(std::uint64_t seed) {
  DeviceMaker maker(seed);
  for (const std::string_view camp : kScenarioCamps) {
    maker.add_assets<Generator>(camp, "gen", 3, "camp.power");
    maker.add_assets<WaterPoint>(camp, "well", 2, "camp.water");
    maker.add_assets<ColdStore>(camp, "fridge", 2, "camp.cold");
    maker.add_assets<Gate>(camp, "gate", 2, "camp.gates");
  }
  return maker.take();
}

DeviceList make_fleet_devices(std::uint64_t seed) {
  DeviceMaker maker(seed);
  for (const std::string_view camp : kScenarioCamps) {
    for (int i = 1; i <= 8; ++i) {
      const std::string id = concat(camp, "-v", i);
      maker.add<Vehicle>({.camp = std::string(camp),
                          .id = id,
                          .topic = "fleet.telemetry",
                          .id_name = "vehicle_id",
                          .message_key = id});
    }
  }
  return maker.take();
}

}  // namespace sitrep
