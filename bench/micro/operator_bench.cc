// SPDX-License-Identifier: Apache-2.0
// What the operators cost per row, over batches of decoded vehicle telemetry: the filter of an
// alert stream, and keyed windows (the hash aggregate). SQL is bound as in a job.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/micro/bench_context.h"
#include "engine/base/text.h"
#include "engine/sql/query.h"
#include "operators/filter_project.h"
#include "operators/window_aggregate.h"

namespace sitrep {
namespace {

constexpr std::size_t kBatchRows = 4096;

const Schema kTelemetry{{{"vehicle_id", Type::kText},
                         {"ts", Type::kTimestamp},
                         {"speed", Type::kDouble},
                         {"rpm", Type::kBigint},
                         {"fuel_pct", Type::kDouble},
                         {"coolant_c", Type::kDouble},
                         {"engine_on", Type::kBoolean}}};

class CountingEmitter final : public Emitter {
 public:
  void emit(ColumnBatch batch) override { rows += batch.selection.size(); }
  void emit_late(ColumnBatch batch) override { late += batch.selection.size(); }

  std::size_t rows = 0;
  std::size_t late = 0;
};

sql::Select bind(std::string_view text) {
  FunctionRegistry functions;
  sql::add_builtin_functions(functions);
  const std::vector<std::string> known = {"telemetry"};
  const sql::Catalog catalog = [](std::string_view) { return &kTelemetry; };
  sql::Diagnostics diagnostics;
  const auto query = sql::bind_query(
      text, {.catalog = catalog, .known_streams = known, .functions = functions}, diagnostics);
  ENSURE(query.has_value(), diagnostics.empty() ? "no query" : diagnostics.front().message);
  return query->branches.front();
}

/// One row per vehicle and second, vehicles in turn, as a partition has them. Times are relative.
class Telemetry {
 public:
  explicit Telemetry(std::size_t vehicles) : vehicles_(vehicles) {
    for (std::size_t i = 0; i < vehicles; ++i) names_.push_back(concat("UNM-V", 10'000 + i));
  }

  ColumnBatch next() {
    BatchBuilder builder(kTelemetry);
    for (std::size_t i = 0; i < kBatchRows; ++i, ++row_) {
      const Micros time = static_cast<Micros>(row_ / vehicles_) * kMicrosPerSecond;
      const auto uniform = [&](double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(random_);
      };
      const std::vector<Value> cells = {names_[row_ % vehicles_],
                                        time,
                                        uniform(0, 111),
                                        static_cast<std::int64_t>(uniform(600, 3'000)),
                                        uniform(0, 100),
                                        uniform(60, 110),
                                        row_ % 20 != 0};
      builder.row(cells, time, time - 5 * kMicrosPerSecond);
    }
    return builder.finish();
  }

 private:
  std::size_t vehicles_;
  std::size_t row_ = 0;
  std::vector<std::string> names_;
  std::mt19937_64 random_{1};
};

/// About 1 % of the rows pass.
void filter_project(benchmark::State& state) {
  const sql::Select select =
      bind("SELECT vehicle_id, ts, speed, rpm FROM telemetry WHERE speed > 110");
  FilterProject filter({.where = select.where, .projections = select.projections});
  BenchContext context;
  ENSURE(filter.open(context).has_value(), "the filter opens");
  const ColumnBatch batch = Telemetry(1'000).next();
  CountingEmitter out;
  for (auto _ : state) {
    ENSURE(filter.process(batch, out).has_value(), "the filter takes rows");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatchRows));
  state.counters["passed"] =
      static_cast<double>(out.rows) / static_cast<double>(state.iterations()) / kBatchRows;
}
BENCHMARK(filter_project);

/// `range(0)` vehicles; windows of 10 s close as time goes on.
void window_aggregate(benchmark::State& state) {
  const sql::Select select = bind(
      "SELECT vehicle_id, window_start, count(*) AS n, avg(speed) AS speed, max(rpm) AS rpm, "
      "min(fuel_pct) AS fuel, max(coolant_c) AS coolant FROM telemetry WHERE engine_on "
      "GROUP BY vehicle_id, tumble(interval '10 seconds')");
  WindowAggregate aggregate(
      {.where = select.where, .grouping = *select.grouping, .projections = select.projections});
  BenchContext context;
  ENSURE(aggregate.open(context).has_value(), "the aggregate opens");
  Telemetry telemetry(static_cast<std::size_t>(state.range(0)));
  CountingEmitter out;
  for (auto _ : state) {
    state.PauseTiming();
    const ColumnBatch batch = telemetry.next();
    const ClockReading reading{.clock = 0, .watermark = batch.meta->watermark.back()};
    state.ResumeTiming();
    ENSURE(aggregate.process(batch, out).has_value(), "the aggregate takes rows");
    ENSURE(aggregate.advance({&reading, 1}, out).has_value(), "the aggregate fires");
  }
  ENSURE(out.late == 0, "nothing is late");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatchRows));
  state.counters["out_per_row"] =
      static_cast<double>(out.rows) / static_cast<double>(state.iterations()) / kBatchRows;
}
BENCHMARK(window_aggregate)->Arg(40)->Arg(1'000)->Arg(10'000);

}  // namespace
}  // namespace sitrep
