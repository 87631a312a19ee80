// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counters, gauges and histograms of the process. Each has one writing thread, which stores without
// read-modify-write instructions (0.3 ns; a shared library counter costs 5-30 ns); a scrape reads
// them from another thread. Series are made once, at the start or when a partition is assigned,
// never per record, and never labelled by a key of the data. Each instrument: one writer, any
// number of readers.

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sitrep {

using Labels = std::map<std::string, std::string>;

class alignas(64) Counter {
 public:
  void add(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class alignas(64) Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// Durations in microseconds, in buckets of powers of two from 64 us to about 2 minutes, and
/// beyond.
class alignas(64) DurationHistogram {
 public:
  static constexpr std::size_t kBuckets = 22;

  void observe(std::int64_t micros);
  /// Upper bound of bucket i in microseconds; the last is infinite (its bound is never used).
  static std::int64_t bound(std::size_t bucket) { return std::int64_t{64} << bucket; }
  std::array<std::uint64_t, kBuckets> counts() const;
  std::int64_t sum_micros() const { return sum_.load(std::memory_order_relaxed); }
  /// Estimate of the q-quantile (0-1) in microseconds: upper bound of its bucket; 0 when empty.
  std::int64_t quantile(double q) const;

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
  std::atomic<std::int64_t> sum_{0};
};

enum class MetricKind { kCounter, kGauge, kHistogram };

/// One series as a scrape sees it.
struct MetricSample {
  std::string name;
  std::string help;
  MetricKind kind;
  Labels labels;
  /// kCounter and kGauge.
  double value = 0;
  /// kHistogram only.
  const DurationHistogram* histogram = nullptr;
};

/// Owns every series. Adding the same name and labels again gives the same instrument. Thread-safe.
class MetricsRegistry {
 public:
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  DurationHistogram& histogram(std::string_view name, std::string_view help,
                               const Labels& labels = {});
  /// Every series now, ordered by name and labels. Pointers live as long as the registry.
  std::vector<MetricSample> samples() const;

 private:
  struct Series {
    std::string help;
    MetricKind kind;
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<DurationHistogram> histogram;
  };
  Series& series(std::string_view name, std::string_view help, const Labels& labels,
                 MetricKind kind);

  mutable std::mutex mutex_;  // taken when series are made or listed, never when they are written
  std::map<std::pair<std::string, Labels>, Series> series_;
};

}  // namespace sitrep
