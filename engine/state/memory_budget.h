// SPDX-License-Identifier: Apache-2.0
#pragma once
// Splits the job's one memory number among those who hold memory for long. Half goes to the tables,
// because what they cannot hold costs a read of the image (1.8 µs instead of 30 ns); the image's
// cache is small, because it caches what the tables did not want; the rest is for rows on their
// way. What is kept back covers batches, code and the allocator's own. Thread-safe.

#include <cstddef>

namespace sitrep {

struct MemoryBudget {
  /// Tables and time queues of all tasks together.
  std::size_t stores = 0;
  /// Deltas of epochs that are open, on their way, or not yet in the image.
  std::size_t deltas = 0;
  /// RocksDB's block cache and its memtables (ImageOptions).
  std::size_t image_cache = 0;
  std::size_t image_write_buffers = 0;
  /// Records read ahead and outputs waiting for the broker.
  std::size_t queues = 0;
  /// Not given to anyone.
  std::size_t kept_back = 0;
};

/// Below this a job cannot run: RocksDB alone takes some 10 MiB.
inline constexpr std::size_t kJobMemoryMin = std::size_t{64} << 20;

namespace memory_percent {
inline constexpr std::size_t kStores = 46;
inline constexpr std::size_t kDeltas = 6;
inline constexpr std::size_t kImageCache = 4;
inline constexpr std::size_t kImageWriteBuffers = 6;
inline constexpr std::size_t kQueues = 9;
inline constexpr std::size_t kKeptBack = 29;
static_assert(kStores + kDeltas + kImageCache + kImageWriteBuffers + kQueues + kKeptBack == 100);
static_assert(kDeltas >= kImageWriteBuffers, "what waits for a flush fills the memtables at once");
}  // namespace memory_percent

/// The parts of `job_bytes`, which is at least kJobMemoryMin.
constexpr MemoryBudget split_memory(std::size_t job_bytes) {
  const auto part = [job_bytes](std::size_t percent) { return job_bytes / 100 * percent; };
  return {.stores = part(memory_percent::kStores),
          .deltas = part(memory_percent::kDeltas),
          .image_cache = part(memory_percent::kImageCache),
          .image_write_buffers = part(memory_percent::kImageWriteBuffers),
          .queues = part(memory_percent::kQueues),
          .kept_back = part(memory_percent::kKeptBack)};
}

}  // namespace sitrep
