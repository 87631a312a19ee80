// SPDX-License-Identifier: Apache-2.0
// What a hop between two threads costs: a ring that hands over batches of rows, per row.
#include <benchmark/benchmark.h>

#include <memory>
#include <thread>
#include <vector>

#include "engine/base/spsc_ring.h"

namespace sitrep {
namespace {

constexpr std::size_t kCapacity = 8;
constexpr int kBatches = 1'000;

using Batch = std::unique_ptr<std::vector<std::uint64_t>>;

/// Push and pop on one thread: the instructions alone.
void ring_alone(benchmark::State& state) {
  SpscRing<Batch> ring(kCapacity);
  Batch batch = std::make_unique<std::vector<std::uint64_t>>();
  for (auto _ : state) {
    ring.try_push(batch);
    batch = *ring.try_pop();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ring_alone);

/// `range(0)` rows per batch, there and, for reuse, back again. Items are rows.
void ring_between_threads(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  SpscRing<Batch> there(kCapacity);
  SpscRing<Batch> back(kCapacity);
  for (std::size_t i = 0; i < kCapacity; ++i) {
    Batch empty = std::make_unique<std::vector<std::uint64_t>>(rows);
    back.try_push(empty);
  }
  const std::jthread consumer([&](const std::stop_token& stop) {
    std::uint64_t sum = 0;
    while (!stop.stop_requested()) {
      std::optional<Batch> batch = there.try_pop();
      if (!batch) {
        std::this_thread::yield();
        continue;
      }
      for (const std::uint64_t value : **batch) sum += value;
      while (!back.try_push(*batch) && !stop.stop_requested()) std::this_thread::yield();
    }
    benchmark::DoNotOptimize(sum);
  });
  for (auto _ : state) {
    for (int sent = 0; sent < kBatches;) {
      std::optional<Batch> batch = back.try_pop();
      if (!batch) {
        std::this_thread::yield();
        continue;
      }
      for (std::uint64_t& value : **batch) value = static_cast<std::uint64_t>(sent);
      while (!there.try_push(*batch)) std::this_thread::yield();
      ++sent;
    }
  }
  state.SetItemsProcessed(state.iterations() * kBatches * state.range(0));
}
BENCHMARK(ring_between_threads)->Arg(1)->Arg(64)->Arg(4096)->UseRealTime();

}  // namespace
}  // namespace sitrep
