// SPDX-License-Identifier: Apache-2.0
// What one output row costs on its way from columns to JSON: two texts, two times, a count and two
// doubles, as a windowed summary has them.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/formats/json_encoder.h"
#include "connectors/formats/key_encoder.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::size_t kRows = 1'000;

Schema summary_schema() {
  return {.fields = {{"camp", Type::kText},
                     {"vehicle_id", Type::kText},
                     {"window_start", Type::kTimestamp},
                     {"window_end", Type::kTimestamp},
                     {"n", Type::kBigint},
                     {"avg_speed", Type::kDouble},
                     {"max_speed", Type::kDouble}}};
}

ColumnBatch summary_rows() {
  BatchBuilder rows(summary_schema());
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto n = static_cast<std::int64_t>(i);
    const Micros start = 1'769'442'910 * kMicrosPerSecond + n * 10 * kMicrosPerSecond;
    const std::vector<Value> cells = {concat("CAMP-", i % 20),
                                      concat("V", i),
                                      start,
                                      start + 10 * kMicrosPerSecond,
                                      n,
                                      static_cast<double>(i * 37 % 1'301) / 9.0,
                                      static_cast<double>(i % 1'301) / 10.0};
    rows.row(cells);
  }
  return rows.finish();
}

void report(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) *
                          static_cast<std::int64_t>(state.iterations()));
  state.counters["ns_per_row"] = benchmark::Counter(
      static_cast<double>(kRows) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void encode(benchmark::State& state, TimestampStyle style) {
  const ColumnBatch rows = summary_rows();
  const auto encoder = make_json_encoder(summary_schema(), style);
  std::string out;
  for (auto _ : state) {
    out.clear();
    for (std::size_t i = 0; i < kRows; ++i) encoder->encode(rows, i, out);
    benchmark::DoNotOptimize(out);
  }
  report(state, out.size());
}

void encode_with_rfc3339(benchmark::State& state) { encode(state, TimestampStyle::kRfc3339); }
void encode_with_millis(benchmark::State& state) { encode(state, TimestampStyle::kMillis); }

void encode_key_of_two_columns(benchmark::State& state) {
  const ColumnBatch rows = summary_rows();
  const std::vector<std::size_t> columns = {0, 1};
  std::string scratch;
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    for (std::size_t i = 0; i < kRows; ++i) {
      bytes += encode_key(rows, i, columns, TimestampStyle::kRfc3339, scratch)->size();
    }
    benchmark::DoNotOptimize(bytes);
  }
  report(state, bytes);
}

BENCHMARK(encode_with_rfc3339);
BENCHMARK(encode_with_millis);
BENCHMARK(encode_key_of_two_columns);

}  // namespace
}  // namespace sitrep
