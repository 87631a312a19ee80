// SPDX-License-Identifier: Apache-2.0
// What the operators cost per row, over batches of decoded vehicle telemetry: the filter of an
// alert stream, keyed windows (the hash aggregate), rows put in order, alert rules. SQL is bound as
// in a job.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/micro/bench_context.h"
#include "engine/base/text.h"
#include "engine/sql/query.h"
#include "operators/alert_rule.h"
#include "operators/event_order.h"
#include "operators/filter_project.h"
#include "operators/silence_rule.h"
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
  BenchContext context;
  FilterProject filter({.where = select.where, .projections = select.projections});
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
  BenchContext context;
  WindowAggregate aggregate(
      {.where = select.where, .grouping = *select.grouping, .projections = select.projections});
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

/// Batches of rows out of order by up to two seconds, each vehicle every ten seconds, made before
/// the clock runs: they go round, each time later by what all of them take.
class Disordered {
 public:
  explicit Disordered(std::size_t vehicles) {
    std::mt19937_64 random(2);
    Telemetry telemetry(vehicles);
    const auto gap = 10 * kMicrosPerSecond / static_cast<Micros>(vehicles);
    Micros watermark = 0;
    for (std::size_t i = 0; i < kBatches; ++i) {
      Batch made{.rows = telemetry.next(), .meta = {}};
      for (std::size_t row = 0; row < kBatchRows; ++row, span_ += gap) {
        const auto late = static_cast<Micros>(random() % kDisorder);
        made.meta.event_time.push_back(kDisorder + span_ - late);
        made.meta.watermark.push_back(watermark);
        watermark = std::max(watermark, span_ - late);
      }
      batches_.push_back(std::move(made));
    }
  }

  /// And where the clock stands before the row behind it.
  ColumnBatch next() {
    const Batch& from = batches_[next_ % kBatches];
    const Micros later = static_cast<Micros>(next_ / kBatches) * span_;
    ++next_;
    auto meta = std::make_shared<RowMeta>(from.meta);
    for (Micros& time : meta->event_time) time += later;
    for (Micros& time : meta->watermark) time += later;
    ColumnBatch batch = from.rows;
    batch.meta = std::move(meta);
    return batch;
  }

 private:
  static constexpr std::size_t kBatches = 64;
  static constexpr Micros kDisorder = 2 * kMicrosPerSecond;
  struct Batch {
    ColumnBatch rows;
    RowMeta meta;
  };
  std::vector<Batch> batches_;
  Micros span_ = 0;
  std::size_t next_ = 0;
};

ClockReading reading_behind(const ColumnBatch& batch) {
  return {.clock = 0, .watermark = batch.meta->watermark.back(), .idle = false};
}

void event_order(benchmark::State& state) {
  BenchContext context;
  EventOrder order({.input = kTelemetry, .read = {0, 2, 3, 4, 5}});
  ENSURE(order.open(context).has_value(), "it opens");
  Disordered telemetry(50'000);
  CountingEmitter out;
  for (auto _ : state) {
    const ColumnBatch batch = telemetry.next();
    const ClockReading reading = reading_behind(batch);
    ENSURE(order.process(batch, out).has_value(), "it takes rows");
    ENSURE(order.advance({&reading, 1}, out).has_value(), "it goes on");
  }
  ENSURE(out.late == 0 && out.rows > 0, "rows come out, and none is late");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatchRows));
}
BENCHMARK(event_order);

AlertIdentity identity() {
  AlertIdentity out;
  out.job = "bench";
  out.name = "speeding";
  out.text = {{.literal = "speeding", .column = {}}};
  out.key_columns = {0};
  out.key_text = [](const ColumnBatch& batch, std::size_t row, std::string& text) {
    text = batch.column(0).texts()[row];
  };
  return out;
}

/// Rows in order; one in 370 raises, and the vehicle's next one clears.
void alert_rule(benchmark::State& state) {
  const sql::Select select = bind("SELECT speed > 110.7 AS up, speed < 100 AS down FROM telemetry");
  BenchContext context;
  AlertRule rule({.identity = identity(),
                  .raise = select.projections[0],
                  .clear = select.projections[1],
                  .severity = nullptr,
                  .forgets_keys = true});
  ENSURE(rule.open(context).has_value(), "it opens");
  Telemetry telemetry(50'000);
  std::vector<ColumnBatch> batches;
  for (int i = 0; i < 64; ++i) batches.push_back(telemetry.next());
  CountingEmitter out;
  std::size_t next = 0;
  for (auto _ : state) {
    // Other columns: as another batch has.
    ColumnBatch batch = batches[next % batches.size()];
    auto meta = std::make_shared<RowMeta>(*batch.meta);
    for (Micros& time : meta->event_time) time = static_cast<Micros>(next) * kMicrosPerSecond;
    for (Micros& time : meta->watermark) time = static_cast<Micros>(next) * kMicrosPerSecond - 1;
    batch.meta = std::move(meta);
    const ClockReading reading{
        .clock = 0, .watermark = static_cast<Micros>(next) * kMicrosPerSecond, .idle = false};
    ++next;
    ENSURE(rule.process(batch, out).has_value(), "it takes rows");
    ENSURE(rule.advance({&reading, 1}, out).has_value(), "it goes on");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatchRows));
  state.counters["out_per_row"] =
      static_cast<double>(out.rows) / static_cast<double>(state.iterations()) / kBatchRows;
}
BENCHMARK(alert_rule);

/// Keys that are known and speak.
void silence_rule(benchmark::State& state) {
  BenchContext context;
  SilenceRule rule({.identity = identity(),
                    .silent_after = 600 * kMicrosPerSecond,
                    .keys_are_gateways = false,
                    .input = "telemetry",
                    .gateway_group = {}});
  ENSURE(rule.open(context).has_value(), "it opens");
  Disordered telemetry(50'000);
  CountingEmitter out;
  for (auto _ : state) {
    const ColumnBatch batch = telemetry.next();
    const ClockReading reading = reading_behind(batch);
    ENSURE(rule.process(batch, out).has_value(), "it takes rows");
    ENSURE(rule.advance({&reading, 1}, out).has_value(), "it goes on");
  }
  ENSURE(out.rows == 0, "no key is silent");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatchRows));
}
BENCHMARK(silence_rule);

}  // namespace
}  // namespace sitrep
