// SPDX-License-Identifier: Apache-2.0
#include "cli/telemetry_scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "connectors/formats/json_decoder.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr Micros kStart = 1'700'000'000 * kMicrosPerSecond;

constexpr Micros after(int seconds) { return kStart + seconds * kMicrosPerSecond; }

std::vector<TelemetryRecord> play(const std::string& name, int seconds, std::uint64_t seed = 7) {
  auto scenario = TelemetryScenario::make(
      {.name = name, .seed = seed, .records_per_second = 100, .start = kStart});
  if (!scenario) return {};
  return scenario->advance(after(seconds));
}

std::vector<std::string> lines_of(const std::vector<TelemetryRecord>& records) {
  std::vector<std::string> lines;
  for (const TelemetryRecord& record : records) {
    lines.push_back(concat(record.sent, " ", record.topic, " ", record.key, " ", record.payload));
  }
  return lines;
}

/// Payloads of `device` with an event time from second `from` to before second `to`.
std::vector<std::string> said_by(const std::string& device,
                                 const std::vector<TelemetryRecord>& records, int from, int to) {
  std::vector<std::string> payloads;
  for (const TelemetryRecord& record : records) {
    if (record.mishap != Mishap::kNone || record.event_time < after(from) ||
        record.event_time >= after(to)) {
      continue;
    }
    if (record.payload.find(concat("\"", device, "\"")) != std::string::npos) {
      payloads.push_back(record.payload);
    }
  }
  return payloads;
}

/// The values of a number in payloads; nulls are left out.
std::vector<double> values(const std::string& name, const std::vector<std::string>& payloads) {
  std::vector<double> values;
  const std::string field = concat("\"", name, "\":");
  for (const std::string& payload : payloads) {
    const std::size_t at = payload.find(field);
    if (at == std::string::npos || payload[at + field.size()] == 'n') continue;
    values.push_back(std::stod(payload.substr(at + field.size())));
  }
  return values;
}

double highest(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}
double lowest(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

ColumnSpec column(std::string name, Type type) {
  ColumnSpec spec;
  spec.name = name;
  spec.type = type;
  spec.path = concat("/", name);
  spec.unit = TimestampUnit::kMillis;
  return spec;
}

const std::set<std::string> kFleetTables = {"fleet.curfew", "fleet.limits", "fleet.maintenance",
                                            "fleet.vehicles", "fleet.zones"};

/// What config/jobs/vehicle_fleet.yaml declares of a table.
std::vector<ColumnSpec> columns_of_table(const std::string& topic) {
  using Fields = std::vector<std::pair<std::string, Type>>;
  static const std::map<std::string, Fields> kFields = {
      {"fleet.zones", {{"camp", Type::kText}, {"zones", Type::kText}, {"area", Type::kText}}},
      {"fleet.limits", {{"zone", Type::kText}, {"limit_kmh", Type::kDouble}}},
      {"fleet.curfew",
       {{"camp", Type::kText},
        {"from_hour", Type::kDouble},
        {"to_hour", Type::kDouble},
        {"utc_offset_min", Type::kBigint}}},
      {"fleet.vehicles",
       {{"vehicle_id", Type::kText}, {"tank_l", Type::kDouble}, {"fuel_noise_l", Type::kDouble}}},
      {"fleet.maintenance",
       {{"vehicle_id", Type::kText}, {"due_km", Type::kDouble}, {"due_h", Type::kDouble}}}};
  std::vector<ColumnSpec> columns;
  for (const auto& [name, type] : kFields.at(topic)) {
    columns.push_back(column(name, type));
    columns.back().required = true;
  }
  columns.push_back(column("since", Type::kTimestamp));
  columns.back().unit = TimestampUnit::kRfc3339;
  columns.back().required = true;
  return columns;
}

/// What the job files declare of the first number of each topic.
std::vector<ColumnSpec> columns_of(const std::string& topic) {
  if (kFleetTables.contains(topic)) return columns_of_table(topic);
  static const std::map<std::string, std::pair<std::string, double>> kFirstNumber = {
      {"camp.power", {"load_kw", 2000}},  {"camp.water", {"tank_pct", 100}},
      {"camp.cold", {"temp_c", 60}},      {"camp.gates", {"persons", 100}},
      {"fleet.telemetry", {"speed", 250}},
      {"camp.fuel", {"level_pct", 100}},  {"camp.battery", {"soc_pct", 100}},
      {"camp.air", {"co_mg_m3", 2000}},   {"camp.perimeter", {"battery_pct", 100}},
      {"camp.gateway", {"signal_pct", 100}},
      {"camp.headcount", {"utc_offset_min", 840}}};
  const auto& [name, max] = kFirstNumber.at(topic);
  const bool whole = topic == "camp.gates" || topic == "camp.headcount";
  std::vector<ColumnSpec> columns = {column("camp", Type::kText), column("ts", Type::kTimestamp),
                                     column(name, whole ? Type::kBigint : Type::kDouble)};
  columns[0].required = true;
  columns[1].required = true;
  columns[2].max = max;
  return columns;
}

/// "" for a row, else why it is a dead letter.
std::string decoded(const TelemetryRecord& record) {
  RecordBatch batch;
  batch.append({.offset = Offset(0),
                .timestamp = record.sent,
                .key = record.key,
                .value = record.payload,
                .headers = {}});
  static std::map<std::string, std::unique_ptr<Decoder>> decoders;
  auto& decoder = decoders[record.topic];
  if (!decoder) decoder = make_json_decoder(columns_of(record.topic));
  const DecodedRows rows = decoder->decode(batch, PartitionId(0));
  if (rows.dead_letters.empty()) return rows.rows() == 1 ? "" : "no row";
  return std::string(to_string(rows.dead_letters.front().reason));
}

/// The future is the task's business, not the decoder's.
std::string expected(Mishap mishap) {
  switch (mishap) {
    case Mishap::kNone:
    case Mishap::kFutureClock: return "";
    case Mishap::kCutOff: return "malformed";
    case Mishap::kWrongType: return "type";
    case Mishap::kOutOfRange: return "range";
    case Mishap::kNoCamp: return "required";
  }
  return "unknown";
}

TEST(TelemetryScenario, same_seed_gives_same_bytes) {
  for (const std::string name : {"camp", "fleet", "smart_camp", "vehicle_fleet"}) {
    EXPECT_EQ(lines_of(play(name, 70)), lines_of(play(name, 70)));
    EXPECT_NE(lines_of(play(name, 5)), lines_of(play(name, 5, /*seed=*/8)));
  }
}

TEST(TelemetryScenario, steps_change_nothing) {
  auto scenario = TelemetryScenario::make(
      {.name = "camp", .seed = 7, .records_per_second = 100, .start = kStart});
  ASSERT_TRUE(scenario);
  std::vector<TelemetryRecord> all;
  for (Micros until = kStart; until < after(60); until += 137 * kMicrosPerMilli) {
    for (auto& record : scenario->advance(until)) all.push_back(std::move(record));
  }
  for (auto& record : scenario->advance(after(60))) all.push_back(std::move(record));
  EXPECT_EQ(lines_of(all), lines_of(play("camp", 60)));
}

TEST(TelemetryScenario, every_payload_is_a_row_unless_it_is_broken_on_purpose) {
  for (const std::string name : {"camp", "fleet", "smart_camp", "vehicle_fleet"}) {
    std::set<Mishap> seen;
    for (const TelemetryRecord& record : play(name, 180)) {
      ASSERT_EQ(decoded(record), expected(record.mishap)) << record.payload;
      seen.insert(record.mishap);
    }
    EXPECT_THAT(seen, ElementsAre(Mishap::kNone, Mishap::kCutOff, Mishap::kWrongType,
                                  Mishap::kOutOfRange, Mishap::kNoCamp, Mishap::kFutureClock));
  }
}

TEST(TelemetryScenario, records_are_sent_in_order_and_not_before_they_are_measured) {
  Micros last = 0;
  for (const TelemetryRecord& record : play("camp", 120)) {
    ASSERT_GE(record.sent, last);
    ASSERT_GE(record.sent, record.event_time - 100 * kMicrosPerMilli);  // a gateway's clock is off
    last = record.sent;
  }
}

TEST(TelemetryScenario, faults_of_the_camp_are_there_and_pass) {
  const auto records = play("camp", 70);
  const auto gen = [&](int from, int to) { return said_by("north-gen-2", records, from, to); };
  EXPECT_GT(lowest(values("coolant_c", gen(3, 15))), 98);
  EXPECT_LT(highest(values("coolant_c", gen(20, 55))), 95);
  EXPECT_GT(highest(values("coolant_c", gen(60, 66))), 98);  // the next cycle

  const auto well = [&](int from, int to) { return said_by("river-well-1", records, from, to); };
  EXPECT_GT(lowest(values("turbidity_ntu", well(9, 21))), 5);
  EXPECT_LT(highest(values("turbidity_ntu", well(30, 55))), 4);
  EXPECT_GT(lowest(values("chlorine_mg_l", well(30, 55))), 0.2);

  EXPECT_GT(lowest(values("temp_c", said_by("river-fridge-2", records, 16, 25))), 8);
  EXPECT_GT(lowest(values("temp_c", said_by("hill-fridge-1", records, 36, 45))), 8);
  EXPECT_LT(lowest(values("fuel_pct", said_by("river-gen-1", records, 20, 33))), 10);
  EXPECT_THAT(said_by("river-gate-1", records, 20, 21), Contains(HasSubstr("tamper")));
  EXPECT_THAT(said_by("river-gate-1", records, 30, 50), Not(Contains(HasSubstr("tamper"))));
}

TEST(TelemetryScenario, faults_of_the_fleet_are_there_and_pass) {
  const auto records = play("fleet", 70);
  EXPECT_GT(lowest(values("speed", said_by("north-v3", records, 3, 15))), 110);
  EXPECT_LT(highest(values("speed", said_by("north-v3", records, 20, 55))), 100);
  EXPECT_GT(lowest(values("coolant_c", said_by("river-v2", records, 12, 25))), 105);
  const auto parked = said_by("hill-v5", records, 10, 50);
  EXPECT_THAT(parked, Each(HasSubstr("\"engine_on\":false")));
  EXPECT_GT(highest(values("fuel_pct", parked)) - lowest(values("fuel_pct", parked)), 8);
  EXPECT_LT(lowest(values("accel_g", said_by("north-v1", records, 0, 70))), -0.36);
}

TEST(TelemetryScenario, faults_of_the_smart_camp_last_as_long_as_its_alerts_wait) {
  auto scenario = TelemetryScenario::make(
      {.name = "smart_camp", .seed = 7, .records_per_second = 1, .start = kStart});
  ASSERT_TRUE(scenario);
  const auto records = scenario->advance(after(8 * 3600));
  const auto load = [&](int from, int to) {
    return values("load_kw", said_by("north-gen-2", records, from * 3600, to * 3600));
  };
  EXPECT_GT(lowest(load(0, 1)), 35);
  EXPECT_LT(highest(load(1, 7)), 30);
  EXPECT_GT(lowest(load(7, 8)), 35);
  EXPECT_THAT(said_by("north-register-1", records, 0, 8 * 3600), SizeIs(8));  // once an hour
  EXPECT_THAT(said_by("north-gateway-1", records, 0, 3600), SizeIs(testing::Gt(60U)));
}

TEST(TelemetryScenario, tables_are_sent_before_the_telemetry) {
  const auto records = play("vehicle_fleet", 1);
  const auto is_table = [](const TelemetryRecord& record) {
    return kFleetTables.contains(record.topic);
  };
  const auto end = std::ranges::find_if_not(records, is_table);
  EXPECT_EQ(end - records.begin(), 3 + 3 + 1 + 18 + 18);
  EXPECT_TRUE(std::none_of(end, records.end(), is_table));
  std::set<std::string> topics;
  for (auto table = records.begin(); table != end; ++table) topics.insert(table->topic);
  EXPECT_EQ(topics, kFleetTables);

  const auto scenario = TelemetryScenario::make({.name = "vehicle_fleet"});
  ASSERT_TRUE(scenario);
  EXPECT_EQ(scenario->table_topics(), kFleetTables);
  EXPECT_THAT(scenario->topics(),
              ElementsAre("fleet.curfew", "fleet.limits", "fleet.maintenance", "fleet.telemetry",
                          "fleet.vehicles", "fleet.zones"));
}

TEST(TelemetryScenario, faults_of_the_vehicle_fleet_are_there_and_pass) {
  const auto records = play("vehicle_fleet", 1300);
  const auto of = [&](const std::string& name, const std::string& vehicle, int from, int to) {
    return values(name, said_by(vehicle, records, from, to));
  };
  EXPECT_GT(lowest(of("speed", "north-v1", 30, 79)), 60);
  EXPECT_LT(highest(of("speed", "north-v1", 100, 1200)), 55);
  EXPECT_GT(highest(of("speed", "north-v1", 1220, 1280)), 60);  // the next cycle
  EXPECT_GT(highest(of("coolant_c", "river-v2", 200, 240)), 112);
  EXPECT_LT(highest(of("coolant_c", "river-v2", 500, 1200)), 100);
  EXPECT_LT(lowest(of("acc_x", "north-v3", 100, 130)), -0.45);
  EXPECT_GT(highest(of("acc_x", "north-v3", 100, 130)), 0.45);
  EXPECT_EQ(lowest(of("acc_x", "river-v4", 300, 310)), -3.4);
  EXPECT_EQ(highest(of("speed", "river-v4", 301, 599)), 0);
  EXPECT_EQ(highest(of("speed", "north-v4", 400, 759)), 0);
  EXPECT_THAT(said_by("north-v4", records, 400, 759), Each(HasSubstr("\"engine_on\":true")));
  EXPECT_THAT(said_by("north-v5", records, 601, 659), Each(HasSubstr("\"belt\":false")));
  EXPECT_THAT(said_by("north-v6", records, 700, 1060), IsEmpty());
  const auto tank = of("fuel_pct", "hill-v5", 500, 800);
  EXPECT_GT((highest(tank) - lowest(tank)) * 0.9, 20);  // of 90 litres
  EXPECT_GT(highest(of("odo_m", "hill-v3", 100, 460)) - lowest(of("odo_m", "hill-v3", 0, 100)),
            500);
  EXPECT_GT(highest(of("odo_m", "north-v2", 0, 600)), 85e6);
}

TEST(TelemetryScenario, silent_device_says_nothing_while_its_camp_goes_on) {
  const auto camp = play("camp", 70);
  EXPECT_THAT(said_by("north-well-2", camp, 24, 44), IsEmpty());
  EXPECT_THAT(said_by("north-well-2", camp, 44, 60), Not(IsEmpty()));
  EXPECT_THAT(said_by("north-well-1", camp, 24, 44), Not(IsEmpty()));
  EXPECT_THAT(said_by("north-v6", play("fleet", 70), 22, 44), IsEmpty());
}

TEST(TelemetryScenario, backlog_of_a_gateway_comes_at_once_and_in_order) {
  std::vector<TelemetryRecord> backlog;
  for (TelemetryRecord& record : play("camp", 70)) {
    if (record.payload.find("\"hill-") == std::string::npos) continue;
    EXPECT_FALSE(record.sent >= after(34) && record.sent < after(50)) << record.payload;
    if (record.sent == after(50)) backlog.push_back(std::move(record));
  }
  ASSERT_THAT(backlog, SizeIs(testing::Gt(400U)));  // 16 s of a third of 100 records/s
  for (std::size_t i = 1; i < backlog.size(); ++i) {
    ASSERT_LT(backlog[i - 1].event_time, backlog[i].event_time);
  }
}

TEST(TelemetryScenario, complains_about_an_unknown_name_and_a_rate_of_nothing) {
  const auto unknown = TelemetryScenario::make({.name = "ship"});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("there is no scenario 'ship'; known: camp"));
  const auto still = TelemetryScenario::make({.name = "camp", .records_per_second = 0});
  ASSERT_FALSE(still);
  EXPECT_THAT(still.error().message(), HasSubstr("expected more than 0"));
}

}  // namespace
}  // namespace sitrep
