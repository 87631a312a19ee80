// SPDX-License-Identifier: Apache-2.0
// The devices of the scenario smart_camp, at the pace of a real camp: what takes a second in the
// demonstration takes minutes here, and a tank empties in days.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>

#include "cli/device_maker.h"
#include "cli/inertia.h"
#include "cli/telemetry_device.h"

namespace sitrep {
namespace {

constexpr double kSecondsPerHour = 3600;
constexpr double kSecondsPerDay = 24 * kSecondsPerHour;

/// A day's ups and downs.
double day_wave(double seconds) {
  return std::sin(2 * std::numbers::pi * seconds / kSecondsPerDay);
}

class CampGenerator final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const double usual = 60 + 10 * day_wave(time.seconds);
    const double load = faults.has(Fault::kUnderload)  ? 20
                        : faults.has(Fault::kOverload) ? 108
                                                       : usual;
    const double coolant =
        coolant_.follow(faults.has(Fault::kOverheating) ? 108 : 84 + load / 20, time.step);
    const double fuel = fuel_.follow(faults.has(Fault::kFuelLow) ? 8 : 70, time.step);
    payload.flag("running", true);
    payload.number("load_kw", load + random().noise(1));
    payload.number("rated_kw", 100);
    payload.number("coolant_c", coolant + random().noise(0.2));
    payload.number("oil_kpa", 380 + random().noise(8));
    payload.number("fuel_pct", fuel + random().noise(0.1));
  }

 private:
  Inertia coolant_{87, 120};
  Inertia fuel_{70, 600};
};

/// 100 L/h are used; a bowser comes when a third is gone.
class FuelTank final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const double drawn = 100 * time.step / kSecondsPerHour;
    drawn_l_ += drawn;
    level_l_ -= drawn;
    if (faults.has(Fault::kFuelTheft)) level_l_ -= 8 * time.step / 60;
    if (level_l_ < 0.65 * kCapacity && !faults.has(Fault::kNoDelivery)) level_l_ = 0.95 * kCapacity;
    level_l_ = std::max(level_l_, 0.0);
    payload.number("level_pct", 100 * level_l_ / kCapacity);
    payload.number("capacity_l", kCapacity);
    payload.number("drawn_l", drawn_l_);
  }

 private:
  static constexpr double kCapacity = 20'000;
  double level_l_ = 0.66 * kCapacity;
  double drawn_l_ = 1'000;
};

class Battery final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const double charge =
        charge_.follow(faults.has(Fault::kBatteryLow) ? 22 : 75 + 10 * day_wave(time.seconds),
                       time.step);
    payload.text("chemistry", identity().id.ends_with("-2") ? "lead_acid" : "li_ion");
    payload.number("soc_pct", charge + random().noise(0.2));
  }

 private:
  Inertia charge_{75, 900};
};

class CampWaterPoint final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const bool bad = faults.has(Fault::kContamination);
    const double used = 40 + 15 * day_wave(time.seconds) + random().noise(4);
    const double tank = tank_.follow(faults.has(Fault::kTankLow) ? 12 : 75, time.step);
    const double chlorine = chlorine_.follow(bad ? 0.04 : 0.35, time.step);
    const double turbidity = turbidity_.follow(bad ? 9 : 0.4, time.step);
    const double ph = ph_.follow(faults.has(Fault::kAcidWater) ? 5.6 : 7.3, time.step);
    payload.number("tank_pct", tank + random().noise(0.3));
    payload.number("flow_lpm", used + (faults.has(Fault::kLeak) ? 90 : 0));
    payload.number("chlorine_mg_l", std::max(0.0, chlorine + random().noise(0.005)));
    payload.number("turbidity_ntu", std::max(0.0, turbidity + random().noise(0.02)));
    payload.number("ph", ph + random().noise(0.03));
  }

 private:
  Inertia tank_{75, 900};
  Inertia chlorine_{0.35, 180};
  Inertia turbidity_{0.4, 180};
  Inertia ph_{7.3, 180};
};

class CampColdStore final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const bool open = faults.has(Fault::kWarmStore);
    const double target = open ? 14 : faults.has(Fault::kFreezing) ? -2 : 4.5;
    payload.number("temp_c", air_.follow(target, time.step) + random().noise(0.1));
    payload.flag("door_open", open);
  }

 private:
  Inertia air_{4.5, 600};
};

class AirSensor final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const double co = co_.follow(faults.has(Fault::kSmoke) ? 130 : 2, time.step);
    const double dust = dust_.follow(faults.has(Fault::kDust) ? 60 : 8, time.step);
    payload.number("co_mg_m3", std::max(0.0, co + random().noise(0.5)));
    payload.number("pm25_ug_m3", std::max(0.0, dust + random().noise(1)));
    payload.number("pm10_ug_m3", std::max(0.0, 2.5 * dust + random().noise(2)));
  }

 private:
  Inertia co_{2, 300};
  Inertia dust_{8, 1800};
};

/// Says `tamper` while it is opened, and `restore` once when that is over.
class PerimeterSensor final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime, TelemetryPayload& payload) override {
    const bool tampered = faults.has(Fault::kTampering);
    payload.text("zone", identity().camp + "-fence");
    payload.text("event", tampered                         ? "tamper"
                          : tampered_                      ? "restore"
                          : faults.has(Fault::kIntrusion) ? "detection"
                                                           : "heartbeat");
    payload.number("battery_pct", 90 + random().noise(1));
    tampered_ = tampered;
  }

 private:
  bool tampered_ = false;
};

class CampGate final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet faults, SampleTime, TelemetryPayload& payload) override {
    const bool entry = random().chance(0.5);
    payload.text("event", faults.has(Fault::kTampering) ? "tamper" : entry ? "entry" : "exit");
    payload.count("persons", 1 + static_cast<std::int64_t>(random().next() % 4));
  }
};

class CampGateway final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  void sample(FaultSet, SampleTime, TelemetryPayload& payload) override {
    payload.number("signal_pct", 70 + random().noise(5));
  }
};

/// Who is in the camp: said once an hour. hill has more guests than it has water for.
class HeadCount final : public TelemetryDevice {
 public:
  using TelemetryDevice::TelemetryDevice;

  bool due(SampleTime time) const override {
    return time.seconds < time.step || std::fmod(time.seconds, kSecondsPerHour) < time.step;
  }

  void sample(FaultSet, SampleTime, TelemetryPayload& payload) override {
    payload.count("utc_offset_min", 120);
    payload.count("persons", identity().camp == "hill" ? 800 : 1400);
  }
};

}  // namespace

DeviceList make_smart_camp_devices(std::uint64_t seed) {
  DeviceMaker maker(seed);
  for (const std::string_view camp : kScenarioCamps) {
    maker.add_assets<HeadCount>(camp, "register", 1, "camp.headcount");
    maker.add_assets<CampGateway>(camp, "gateway", 1, "camp.gateway");
    maker.add_assets<CampGenerator>(camp, "gen", 2, "camp.power");
    maker.add_assets<FuelTank>(camp, "tank", 1, "camp.fuel");
    maker.add_assets<Battery>(camp, "battery", 2, "camp.battery");
    maker.add_assets<CampWaterPoint>(camp, "well", 2, "camp.water");
    maker.add_assets<CampColdStore>(camp, "fridge", 2, "camp.cold");
    maker.add_assets<AirSensor>(camp, "air", 1, "camp.air");
    maker.add_assets<PerimeterSensor>(camp, "sensor", 3, "camp.perimeter");
    maker.add_assets<CampGate>(camp, "gate", 1, "camp.gates");
  }
  return maker.take();
}

}  // namespace sitrep
