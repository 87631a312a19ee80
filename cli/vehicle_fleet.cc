// SPDX-License-Identifier: Apache-2.0
#include "cli/vehicle_fleet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>

#include "cli/device_maker.h"
#include "cli/inertia.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr int kVehiclesPerCamp = 6;
constexpr double kMetresPerDegree = 111'195;
constexpr Micros kCycle = 20 * 60 * kMicrosPerSecond;

constexpr Micros at(int second) { return second * kMicrosPerSecond; }

constexpr std::array kFaults = {
    FaultWindow{Fault::kSpeeding, "north-v1", at(20), at(80)},
    FaultWindow{Fault::kOverheating, "river-v2", at(60), at(240)},
    FaultWindow{Fault::kHarshDriving, "north-v3", at(100), at(130)},
    FaultWindow{Fault::kOutOfArea, "river-v5", at(200), at(400)},
    FaultWindow{Fault::kCrash, "river-v4", at(300), at(600)},
    FaultWindow{Fault::kIdling, "north-v4", at(400), at(760)},
    FaultWindow{Fault::kUnbelted, "north-v5", at(600), at(660)},
    FaultWindow{Fault::kSilent, "north-v6", at(700), at(1060)},
    FaultWindow{Fault::kGatewayDown, "river", at(800), at(1160)},
    // All of hill has a curfew all day. v2 has a pass, v3 drives without one.
    FaultWindow{Fault::kParked, "hill-v1", at(0), kCycle},
    FaultWindow{Fault::kParked, "hill-v3", at(0), at(100)},
    FaultWindow{Fault::kParked, "hill-v3", at(460), kCycle},
    FaultWindow{Fault::kParked, "hill-v4", at(0), kCycle},
    FaultWindow{Fault::kParked, "hill-v5", at(0), kCycle},
    FaultWindow{Fault::kFuelTheft, "hill-v5", at(500), at(800)},
    FaultWindow{Fault::kParked, "hill-v6", at(0), kCycle},
};

struct Place {
  double lat;
  double lon;
};

Place centre_of(std::string_view camp) {
  if (camp == "river") return {.lat = 9.3, .lon = 28.6};
  return camp == "hill" ? Place{.lat = 9.8, .lon = 28.9} : Place{.lat = 9.6, .lon = 28.4};
}

/// A circle around the camp, and how fast it is driven.
struct Route {
  double radius_m;
  double cruise_kmh;
};

/// Within the compound (300 m, 20 km/h), the town (2,500 m, 50 km/h), the area (20 km, 80 km/h).
constexpr std::array<Route, kVehiclesPerCamp> kRoutes = {{{.radius_m = 1'200, .cruise_kmh = 40},
                                                          {.radius_m = 1'800, .cruise_kmh = 40},
                                                          {.radius_m = 6'000, .cruise_kmh = 65},
                                                          {.radius_m = 8'000, .cruise_kmh = 65},
                                                          {.radius_m = 19'900, .cruise_kmh = 65},
                                                          {.radius_m = 150, .cruise_kmh = 14}}};

class PatrolVehicle final : public TelemetryDevice {
 public:
  PatrolVehicle(Identity identity, std::uint64_t seed)
      : TelemetryDevice(std::move(identity), seed),
        route_(kRoutes[static_cast<std::size_t>(this->identity().id.back() - '1')]),
        centre_(centre_of(this->identity().camp)),
        angle_(random().between(0, 2 * std::numbers::pi)),
        speed_(route_.cruise_kmh, 2) {}

  void sample(FaultSet faults, SampleTime time, TelemetryPayload& payload) override {
    const bool crashes = faults.has(Fault::kCrash) && !crashed_;
    crashed_ = faults.has(Fault::kCrash);
    const bool engine_on = !crashed_ && !faults.has(Fault::kParked);
    const double speed = engine_on && !faults.has(Fault::kIdling) ? drive(faults, time) : 0;
    if (engine_on) engine_h_ += time.step / 3600;
    payload.number("speed", speed);
    payload.flag("engine_on", engine_on);
    payload.number("coolant_c", coolant_.follow(faults.has(Fault::kOverheating) ? 116 : 89,
                                                time.step) + random().noise(0.2));
    payload.number("fuel_pct", fuel_.follow(faults.has(Fault::kFuelTheft) ? 30 : 62, time.step) +
                                   random().noise(0.1));
    payload.number("acc_x", crashes ? -3.4 : speed > 0 ? acceleration(faults) : 0);
    payload.number("acc_y", crashes ? 0.8 : speed > 0 ? random().noise(0.06) : 0);
    payload.number("odo_m", odo_m_);
    payload.number("engine_h", engine_h_);
    payload.flag("belt", !faults.has(Fault::kUnbelted));
    write_position(faults, time, payload);
  }

 private:
  double drive(FaultSet faults, SampleTime time) {
    const double target =
        faults.has(Fault::kSpeeding) ? route_.cruise_kmh + 36 : route_.cruise_kmh;
    const double speed = std::max(0.0, speed_.follow(target, time.step) + random().noise(0.4));
    const double metres = speed * time.step / 3.6;
    odo_m_ += metres;
    angle_ += metres / route_.radius_m;
    return speed;
  }

  double acceleration(FaultSet faults) {
    if (!faults.has(Fault::kHarshDriving) || !random().chance(0.15)) return random().noise(0.06);
    return random().between(0.5, 0.7) * (random().chance(0.5) ? 1 : -1);
  }

  void write_position(FaultSet faults, SampleTime time, TelemetryPayload& payload) {
    const double beyond = beyond_m_.follow(faults.has(Fault::kOutOfArea) ? 400 : 0, time.step);
    const double degrees = (route_.radius_m + beyond) / kMetresPerDegree;
    const double narrowing = std::cos(centre_.lat * std::numbers::pi / 180);
    payload.begin_object("position");
    payload.number("lat", centre_.lat + degrees * std::cos(angle_), 6);
    payload.number("lon", centre_.lon + degrees * std::sin(angle_) / narrowing, 6);
    payload.number("hdop", random().chance(0.01) ? 7 : 0.9 + random().between(0, 0.4));
    payload.end_object();
  }

  const Route route_;
  const Place centre_;
  double angle_;
  Inertia speed_;
  Inertia coolant_{89, 60};
  Inertia fuel_{62, 60};
  Inertia beyond_m_{0, 15};
  double odo_m_ = 84'997'000;
  double engine_h_ = 2'100;
  bool crashed_ = false;
};

/// Writes a table's records.
class TableWriter {
 public:
  explicit TableWriter(Micros start) : start_(start) {}

  /// `fields` are JSON.
  void add(std::string topic, std::string_view key_name, std::string key, std::string_view fields) {
    std::string payload = concat("{\"", key_name, "\":\"", key, "\",", fields,
                                 ",\"since\":\"2020-01-01T00:00:00Z\"}");
    records_.push_back({.topic = std::move(topic),
                        .key = std::move(key),
                        .payload = std::move(payload),
                        .sent = start_,
                        .event_time = start_});
  }

  std::vector<TelemetryRecord> take() { return std::move(records_); }

 private:
  const Micros start_;
  std::vector<TelemetryRecord> records_;
};

std::string circle(Place centre, int radius_m) {
  return concat("CIRCLE(", centre.lon, " ", centre.lat, ", ", radius_m, ")");
}

void add_vehicle(TableWriter& tables, const std::string& id) {
  tables.add("fleet.vehicles", "vehicle_id", id,
             concat("\"tank_l\":90,\"fuel_noise_l\":1,\"pass_until\":",
                    id == "hill-v2" ? "\"2099-01-01T00:00:00Z\"" : "null"));
  tables.add("fleet.maintenance", "vehicle_id", id,
             concat("\"due_km\":", id == "north-v2" ? 85'000 : 90'000, ",\"due_h\":2250"));
}

std::string vehicle_id(std::string_view camp, int number) { return concat(camp, "-v", number); }

}  // namespace

FaultSchedule vehicle_fleet_faults() { return {.windows = kFaults, .cycle = kCycle}; }

DeviceList make_vehicle_fleet_devices(std::uint64_t seed) {
  DeviceMaker maker(seed);
  for (const std::string_view camp : kScenarioCamps) {
    for (int i = 1; i <= kVehiclesPerCamp; ++i) {
      maker.add<PatrolVehicle>({.camp = std::string(camp),
                                .id = vehicle_id(camp, i),
                                .topic = "fleet.telemetry",
                                .id_name = "vehicle_id",
                                .message_key = std::string(camp)});
    }
  }
  return maker.take();
}

std::vector<TelemetryRecord> vehicle_fleet_tables(Micros start) {
  TableWriter tables(start);
  for (const std::string_view camp : kScenarioCamps) {
    const Place centre = centre_of(camp);
    tables.add("fleet.zones", "camp", std::string(camp),
               concat("\"zones\":\"compound: ", circle(centre, 300), "; town: ",
                      circle(centre, 2'500), "\",\"area\":\"", circle(centre, 20'000), "\""));
    for (int i = 1; i <= kVehiclesPerCamp; ++i) add_vehicle(tables, vehicle_id(camp, i));
  }
  tables.add("fleet.limits", "zone", "compound", "\"limit_kmh\":20");
  tables.add("fleet.limits", "zone", "town", "\"limit_kmh\":50");
  tables.add("fleet.limits", "zone", "open", "\"limit_kmh\":80");
  tables.add("fleet.curfew", "camp", "hill",
             "\"from_hour\":0,\"to_hour\":24,\"utc_offset_min\":120");
  return tables.take();
}

}  // namespace sitrep
