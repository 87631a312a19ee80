// SPDX-License-Identifier: Apache-2.0
// What state costs: a row's upsert, an epoch's collect per changed row, a flush to the image per
// key.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "engine/api/table.h"
#include "engine/base/text.h"
#include "engine/state/delta.h"
#include "engine/state/image.h"

namespace sitrep {
namespace {

/// Four numbers, as a window with count, sum, min and max keeps per group.
class NumbersRow final : public RowCodec {
 public:
  static constexpr std::size_t kBytes = 32;

  std::size_t row_bytes() const override { return kBytes; }
  void create(std::byte* row) const override { std::memset(row, 0, kBytes); }
  void save(const std::byte* row, std::string& out) const override {
    out.append(reinterpret_cast<const char*>(row), kBytes);
  }
  Result<void> load(std::string_view in, std::byte* row) const override {
    if (in.size() != kBytes) return corrupt("not four numbers");
    std::memcpy(row, in.data(), kBytes);
    return {};
  }
};

/// Throws changes away: what collect costs without its delta.
class NoChanges final : public ChangeSink {
 public:
  void put(StoreId, const StateKey& key, std::string_view value) override {
    benchmark::DoNotOptimize(key.key.data());
    benchmark::DoNotOptimize(value.data());
  }
  void remove(StoreId, const StateKey&) override {}
  void remove_pane(StoreId, std::string_view, Micros) override {}
};

std::vector<std::string> shuffled_keys(std::size_t count) {
  std::vector<std::string> keys;
  for (std::size_t n = 0; n < count; ++n) keys.push_back(concat("VEH-", 100'000 + n));
  std::mt19937 random(1);
  std::shuffle(keys.begin(), keys.end(), random);
  return keys;
}

struct Fixture {
  ClockTable clocks;
  Table table{{.name = "bench", .codec = std::make_unique<NumbersRow>(), .clocks = &clocks}};
};

void add_one(std::byte* row) {
  std::int64_t count = 0;
  std::memcpy(&count, row, sizeof(count));
  ++count;
  std::memcpy(row, &count, sizeof(count));
}

void upsert_hit(benchmark::State& state) {
  const std::vector<std::string> keys = shuffled_keys(static_cast<std::size_t>(state.range(0)));
  Fixture fixture;
  Table::Pane& pane = fixture.table.pane({});
  for (const std::string& key : keys) fixture.table.upsert(pane, key);
  // The bytes of the keys lie in one piece, as they do in a batch.
  std::string bytes;
  for (const std::string& key : keys) bytes += key;
  const std::size_t length = keys.front().size();
  for (auto _ : state) {
    for (std::size_t at = 0; at < bytes.size(); at += length) {
      add_one(fixture.table.upsert(pane, std::string_view(bytes).substr(at, length)));
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(upsert_hit)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void upsert_miss(benchmark::State& state) {
  const std::vector<std::string> keys = shuffled_keys(static_cast<std::size_t>(state.range(0)));
  Fixture fixture;
  std::size_t bytes = 0;
  for (auto _ : state) {
    Table::Pane& pane = fixture.table.pane({});
    for (const std::string& key : keys) add_one(fixture.table.upsert(pane, key));
    bytes = fixture.table.memory_bytes();
    fixture.table.drop({});
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes_per_row"] = static_cast<double>(bytes) / static_cast<double>(keys.size());
}
BENCHMARK(upsert_miss)->Arg(10)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

/// Every row changes between two epochs; only the epoch's end is timed.
template <typename Collect>
void collect_all(benchmark::State& state, const Collect& collect) {
  const std::vector<std::string> keys = shuffled_keys(static_cast<std::size_t>(state.range(0)));
  Fixture fixture;
  Table::Pane& pane = fixture.table.pane({});
  std::uint64_t epoch = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (const std::string& key : keys) add_one(fixture.table.upsert(pane, key));
    state.ResumeTiming();
    collect(fixture.table, Epoch(++epoch));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void collect(benchmark::State& state) {
  NoChanges changes;
  collect_all(state, [&](Table& table, Epoch epoch) { table.collect(epoch, changes); });
}
BENCHMARK(collect)->Arg(1'000)->Arg(100'000);

void collect_to_delta(benchmark::State& state) {
  DeltaBuilder builder;
  collect_all(state, [&](Table& table, Epoch epoch) {
    table.collect(epoch, builder);
    benchmark::DoNotOptimize(builder.finish({}, {.epoch = epoch, .inputs = {}}).bytes.data());
  });
}
BENCHMARK(collect_to_delta)->Arg(1'000)->Arg(100'000);

/// One write of `range(1)` epochs in which all of `range(0)` keys changed, in windows that go on.
void image_write(benchmark::State& state) {
  const std::vector<std::string> keys = shuffled_keys(static_cast<std::size_t>(state.range(0)));
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / "sitrep_table_bench";
  std::filesystem::remove_all(directory);
  auto image = StateImage::open({.directory = directory, .job = "bench"});
  if (!image) {
    state.SkipWithError(image.error().message().c_str());
    return;
  }
  DeltaBuilder builder;
  std::uint64_t epoch = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Delta> deltas;
    for (std::int64_t n = 0; n < state.range(1); ++n) {
      for (const std::string& key : keys) {
        builder.put(StoreId(1), {.clock = "", .pane = 0, .key = key}, std::string(32, 'v'));
      }
      deltas.push_back(builder.finish({}, {.epoch = Epoch(++epoch), .inputs = {}}));
    }
    state.ResumeTiming();
    if (!(*image)->write(deltas)) state.SkipWithError("the image cannot be written");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  image->reset();
  std::filesystem::remove_all(directory);
}
BENCHMARK(image_write)->Args({1'000, 1})->Args({100'000, 1})->Args({10'000, 50});

}  // namespace
}  // namespace sitrep
