// SPDX-License-Identifier: Apache-2.0
#include "engine/telemetry/metrics.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/ensure.h"

namespace sitrep {

void DurationHistogram::observe(std::int64_t micros) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(micros, 1) - 1);
  // Bucket 0 holds up to 64 us: bit widths up to 6.
  const auto width = static_cast<std::size_t>(std::bit_width(value));
  const std::size_t bucket = std::min(width > 6 ? width - 6 : 0, kBuckets - 1);
  counts_[bucket].store(counts_[bucket].load(std::memory_order_relaxed) + 1,
                        std::memory_order_relaxed);
  sum_.store(sum_.load(std::memory_order_relaxed) + micros, std::memory_order_relaxed);
}

std::array<std::uint64_t, DurationHistogram::kBuckets> DurationHistogram::counts() const {
  std::array<std::uint64_t, kBuckets> out;
  for (std::size_t i = 0; i < kBuckets; ++i) out[i] = counts_[i].load(std::memory_order_relaxed);
  return out;
}

std::int64_t DurationHistogram::quantile(double q) const {
  const auto all = counts();
  std::uint64_t total = 0;
  for (const std::uint64_t count : all) total += count;
  if (total == 0) return 0;
  const double wanted = q * static_cast<double>(total);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += all[i];
    if (static_cast<double>(seen) >= wanted) return bound(i);
  }
  return bound(kBuckets - 1);
}

MetricsRegistry::Series& MetricsRegistry::series(std::string_view name, std::string_view help,
                                                 const Labels& labels, MetricKind kind) {
  const auto [found, made] = series_.try_emplace({std::string(name), labels});
  if (made) {
    found->second.help = help;
    found->second.kind = kind;
  }
  ENSURE(found->second.kind == kind, "one metric name is used for two kinds");
  return found->second;
}

Counter& MetricsRegistry::counter(std::string_view name, std::string_view help,
                                  const Labels& labels) {
  const std::scoped_lock lock(mutex_);
  Series& found = series(name, help, labels, MetricKind::kCounter);
  if (!found.counter) found.counter = std::make_unique<Counter>();
  return *found.counter;
}

Gauge& MetricsRegistry::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  const std::scoped_lock lock(mutex_);
  Series& found = series(name, help, labels, MetricKind::kGauge);
  if (!found.gauge) found.gauge = std::make_unique<Gauge>();
  return *found.gauge;
}

DurationHistogram& MetricsRegistry::histogram(std::string_view name, std::string_view help,
                                              const Labels& labels) {
  const std::scoped_lock lock(mutex_);
  Series& found = series(name, help, labels, MetricKind::kHistogram);
  if (!found.histogram) found.histogram = std::make_unique<DurationHistogram>();
  return *found.histogram;
}

std::vector<MetricSample> MetricsRegistry::samples() const {
  const std::scoped_lock lock(mutex_);
  std::vector<MetricSample> out;
  out.reserve(series_.size());
  for (const auto& [key, found] : series_) {
    double value = 0;
    if (found.counter) value = static_cast<double>(found.counter->value());
    if (found.gauge) value = found.gauge->value();
    out.push_back({.name = key.first,
                   .help = found.help,
                   .kind = found.kind,
                   .labels = key.second,
                   .value = value,
                   .histogram = found.histogram.get()});
  }
  return out;
}

}  // namespace sitrep
