// SPDX-License-Identifier: Apache-2.0
// What one record costs on its way from bytes to columns: 6 of the 12 fields of a vehicle's
// position of about 200 bytes, 1,000 records a batch, 65,536 distinct ones. Beside our decoder
// stand the floors: simdjson's first stage alone, and its On-Demand reader by names, which checks
// less than we do (what is not read, and what comes behind).

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "connectors/formats/json_decoder.h"
#include "connectors/formats/json_tokens.h"
#include "engine/log/record.h"

namespace sitrep {
namespace {

constexpr std::size_t kRecords = 65'536;
constexpr std::size_t kBatchRecords = 1'000;
constexpr unsigned kSeed = 20'260'126;

enum class Damage { kNone, kOneInTen };

std::string make_record(std::mt19937& random, std::size_t number) {
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  char text[400];
  const int length = std::snprintf(
      text, sizeof text,
      R"({"vehicle_id":"CAMP-%02u/V%04u","camp":"CAMP-%02u","ts":%lld,"lat":%.6f,"lon":%.6f,)"
      R"("speed":%.1f,"heading":%.1f,"fuel_pct":%.1f,"engine_on":%s,"odometer_m":%u,)"
      R"("battery_v":%.2f,"driver":"D-%05u"})",
      static_cast<unsigned>(random() % 20), static_cast<unsigned>(random() % 5'000),
      static_cast<unsigned>(random() % 20), 1'769'442'919'000LL + static_cast<long long>(number),
      uniform(-60, 60), uniform(-180, 180), uniform(0, 130), uniform(0, 360), uniform(0, 100),
      random() % 2 == 0 ? "true" : "false", static_cast<unsigned>(random() % 900'000),
      uniform(11, 15), static_cast<unsigned>(random() % 100'000));
  return {text, static_cast<std::size_t>(length)};
}

std::vector<RecordBatch> make_batches(Damage damage) {
  std::mt19937 random(kSeed);
  std::vector<RecordBatch> batches;
  for (std::size_t i = 0; i < kRecords; ++i) {
    if (i % kBatchRecords == 0) batches.emplace_back();
    std::string text = make_record(random, i);
    if (damage == Damage::kOneInTen && i % 10 == 0) text.resize(text.size() / 2);
    batches.back().append({.offset = Offset(static_cast<std::int64_t>(i)),
                           .timestamp = std::nullopt,
                           .key = std::nullopt,
                           .value = text,
                           .headers = {}});
  }
  return batches;
}

std::vector<ColumnSpec> six_columns() {
  const auto column = [](const char* name, Type type) {
    ColumnSpec spec;
    spec.name = name;
    spec.type = type;
    spec.required = true;
    return spec;
  };
  std::vector<ColumnSpec> columns = {column("vehicle_id", Type::kText),
                                     column("ts", Type::kTimestamp),
                                     column("lat", Type::kDouble),
                                     column("lon", Type::kDouble),
                                     column("speed", Type::kDouble),
                                     column("odometer_m", Type::kBigint)};
  columns[1].unit = TimestampUnit::kMillis;
  return columns;
}

/// Time per record; bytes per second.
void report(benchmark::State& state, const std::vector<RecordBatch>& batches) {
  std::size_t bytes = 0;
  for (const RecordBatch& batch : batches) bytes += batch.bytes();
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) *
                          static_cast<std::int64_t>(state.iterations()));
  state.counters["ns_per_record"] = benchmark::Counter(
      static_cast<double>(kRecords) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void decode(benchmark::State& state, Damage damage) {
  const auto batches = make_batches(damage);
  const auto decoder = make_json_decoder(six_columns());
  for (auto _ : state) {
    for (const RecordBatch& batch : batches) {
      benchmark::DoNotOptimize(decoder->decode(batch, PartitionId(0)));
    }
  }
  report(state, batches);
}

void decode_six_of_twelve(benchmark::State& state) { decode(state, Damage::kNone); }
void decode_a_tenth_truncated(benchmark::State& state) { decode(state, Damage::kOneInTen); }

void first_stage_alone(benchmark::State& state) {
  const auto batches = make_batches(Damage::kNone);
  JsonTokens tokens;
  for (auto _ : state) {
    for (const RecordBatch& batch : batches) {
      for (const RecordView& record : batch.records()) {
        benchmark::DoNotOptimize(tokens.scan(*record.value));
      }
    }
  }
  report(state, batches);
}

bool read_by_names(simdjson::ondemand::document& document) {
  std::string_view text;
  double number = 0;
  std::int64_t integer = 0;
  const bool ok = document["vehicle_id"].get(text) == simdjson::SUCCESS &&
                  document["ts"].get(integer) == simdjson::SUCCESS &&
                  document["lat"].get(number) == simdjson::SUCCESS &&
                  document["lon"].get(number) == simdjson::SUCCESS &&
                  document["speed"].get(number) == simdjson::SUCCESS &&
                  document["odometer_m"].get(integer) == simdjson::SUCCESS;
  benchmark::DoNotOptimize(text);
  benchmark::DoNotOptimize(number);
  benchmark::DoNotOptimize(integer);
  return ok;
}

void bare_on_demand_by_names(benchmark::State& state) {
  const auto batches = make_batches(Damage::kNone);
  simdjson::ondemand::parser parser;
  for (auto _ : state) {
    for (const RecordBatch& batch : batches) {
      for (const RecordView& record : batch.records()) {
        simdjson::ondemand::document document;
        const auto padded_size = record.value->size() + simdjson::SIMDJSON_PADDING;
        const bool ok =
            parser.iterate(*record.value, padded_size).get(document) == simdjson::SUCCESS;
        benchmark::DoNotOptimize(ok && read_by_names(document));
      }
    }
  }
  report(state, batches);
}

BENCHMARK(decode_six_of_twelve)->Unit(benchmark::kMillisecond);
BENCHMARK(decode_a_tenth_truncated)->Unit(benchmark::kMillisecond);
BENCHMARK(first_stage_alone)->Unit(benchmark::kMillisecond);
BENCHMARK(bare_on_demand_by_names)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sitrep
