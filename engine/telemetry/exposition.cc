// SPDX-License-Identifier: Apache-2.0
#include "engine/telemetry/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "engine/base/ids.h"

namespace sitrep {
namespace {

constexpr double kSecondsPerMicro = 1.0 / static_cast<double>(kMicrosPerSecond);

prometheus::MetricType type_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter: return prometheus::MetricType::Counter;
    case MetricKind::kGauge: return prometheus::MetricType::Gauge;
    case MetricKind::kHistogram: return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram histogram_of(const DurationHistogram& durations) {
  prometheus::ClientMetric::Histogram out;
  const auto counts = durations.counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    out.sample_count += counts[i];
    const bool last = i + 1 == counts.size();
    const double bound = last ? std::numeric_limits<double>::infinity()
                              : static_cast<double>(DurationHistogram::bound(i)) *
                                    kSecondsPerMicro;
    out.bucket.push_back({.cumulative_count = out.sample_count, .upper_bound = bound});
  }
  out.sample_sum = static_cast<double>(durations.sum_micros()) * kSecondsPerMicro;
  return out;
}

prometheus::ClientMetric metric_of(const MetricSample& sample) {
  prometheus::ClientMetric out;
  for (const auto& [name, value] : sample.labels) out.label.push_back({name, value});
  switch (sample.kind) {
    case MetricKind::kCounter: out.counter.value = sample.value; break;
    case MetricKind::kGauge: out.gauge.value = sample.value; break;
    case MetricKind::kHistogram: out.histogram = histogram_of(*sample.histogram); break;
  }
  return out;
}

}  // namespace

std::string prometheus_text(std::span<const ObservedJob> jobs) {
  std::vector<MetricSample> samples;
  for (const ObservedJob& job : jobs) {
    for (MetricSample& sample : job.metrics->samples()) {
      if (jobs.size() > 1) sample.labels["job"] = job.name;
      samples.push_back(std::move(sample));
    }
  }
  // The series of one name stand together, whose ever they are.
  std::ranges::stable_sort(samples, {}, &MetricSample::name);
  std::vector<prometheus::MetricFamily> families;
  for (const MetricSample& sample : samples) {
    if (families.empty() || families.back().name != sample.name) {
      prometheus::MetricFamily family;
      family.name = sample.name;
      family.help = sample.help;
      family.type = type_of(sample.kind);
      families.push_back(std::move(family));
    }
    families.back().metric.push_back(metric_of(sample));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace sitrep
