// SPDX-License-Identifier: Apache-2.0
#include "cli/telemetry_scenario.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/vehicle_fleet.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr double kMishapChance = 0.002;
constexpr double kOvertakenChance = 0.01;
constexpr double kVeryLateChance = 0.0005;

constexpr double kMicrosPerSecondReal = static_cast<double>(kMicrosPerSecond);

Micros random_millis(SeededRandom& random, double low, double high) {
  return static_cast<Micros>(random.between(low, high)) * kMicrosPerMilli;
}

Mishap draw_mishap(SeededRandom& random) {
  if (!random.chance(kMishapChance)) return Mishap::kNone;
  return static_cast<Mishap>(1 + random.next() % static_cast<unsigned>(Mishap::kFutureClock));
}

/// How far the clock of a camp's gateway is off.
Micros clock_error(std::string_view camp) {
  if (camp == "river") return -120 * kMicrosPerMilli;
  return camp == "hill" ? 60 * kMicrosPerMilli : 0;
}

}  // namespace

Result<TelemetryScenario> TelemetryScenario::make(const ScenarioOptions& options) {
  if (!(options.records_per_second > 0)) {
    return invalid_config(concat("cannot generate ", options.records_per_second,
                                 " records per second: expected more than 0"));
  }
  if (options.name == "camp") {
    return TelemetryScenario(options, make_camp_devices(options.seed), camp_faults());
  }
  if (options.name == "fleet") {
    return TelemetryScenario(options, make_fleet_devices(options.seed), fleet_faults());
  }
  if (options.name == "smart_camp") {
    return TelemetryScenario(options, make_smart_camp_devices(options.seed), smart_camp_faults());
  }
  if (options.name == "vehicle_fleet") {
    return TelemetryScenario(options, make_vehicle_fleet_devices(options.seed),
                             vehicle_fleet_faults(), vehicle_fleet_tables(options.start));
  }
  return invalid_config(concat("there is no scenario '", options.name,
                               "'; known: camp, fleet, smart_camp, vehicle_fleet"));
}

TelemetryScenario::TelemetryScenario(const ScenarioOptions& options, DeviceList devices,
                                     const FaultSchedule& faults,
                                     std::vector<TelemetryRecord> tables)
    : options_(options),
      devices_(std::move(devices)),
      faults_(faults),
      tables_(std::move(tables)) {
  for (const TelemetryRecord& record : tables_) table_topics_.insert(record.topic);
}

std::vector<TelemetryRecord> TelemetryScenario::advance(Micros until) {
  while (time_of(next_sample_) <= until) take_sample(next_sample_++);
  std::vector<TelemetryRecord> sent = std::exchange(tables_, {});
  while (!underway_.empty() && underway_.begin()->first.first <= until) {
    sent.push_back(std::move(underway_.extract(underway_.begin()).mapped()));
  }
  return sent;
}

std::vector<std::string> TelemetryScenario::topics() const {
  std::set<std::string> topics = table_topics_;
  for (const auto& device : devices_) topics.insert(device->identity().topic);
  return {topics.begin(), topics.end()};
}

Micros TelemetryScenario::time_of(std::uint64_t sample) const {
  return options_.start + static_cast<Micros>(static_cast<double>(sample) * kMicrosPerSecondReal /
                                              options_.records_per_second);
}

void TelemetryScenario::take_sample(std::uint64_t sample) {
  TelemetryDevice& device = *devices_[sample % devices_.size()];
  const TelemetryDevice::Identity& identity = device.identity();
  const Micros elapsed = time_of(sample) - options_.start;
  const FaultSet faults = faults_at(faults_, identity.id, elapsed);
  const Mishap mishap = draw_mishap(device.random());
  const Micros event_time = time_of(sample) + clock_error(identity.camp);

  TelemetryPayload payload(mishap, device.random());
  payload.origin(identity.camp, identity.id_name, identity.id, event_time);
  const SampleTime time = {
      .seconds = static_cast<double>(elapsed) / kMicrosPerSecondReal,
      .step = static_cast<double>(devices_.size()) / options_.records_per_second};
  device.sample(faults, time, payload);
  const Micros sent = sending_time(device, elapsed);
  // It was sampled, so that its state goes on.
  if (faults.has(Fault::kSilent) || !device.due(time)) return;
  underway_.emplace(std::pair(sent, sample), TelemetryRecord{.topic = identity.topic,
                                                             .key = identity.message_key,
                                                             .payload = payload.take(),
                                                             .sent = sent,
                                                             .event_time = event_time,
                                                             .mishap = mishap});
}

Micros TelemetryScenario::sending_time(TelemetryDevice& device, Micros elapsed) const {
  SeededRandom& random = device.random();
  Micros sent = options_.start + elapsed + random_millis(random, 5, 20);
  if (random.chance(kOvertakenChance)) sent += random_millis(random, 200, 700);
  if (random.chance(kVeryLateChance)) sent += random_millis(random, 3000, 6000);
  const auto end = outage_end(faults_, device.identity().camp, sent - options_.start);
  return end ? options_.start + *end : sent;
}

}  // namespace sitrep
