// SPDX-License-Identifier: Apache-2.0
#include "engine/telemetry/exposition.h"

#include <gmock/gmock.h>

namespace sitrep {
namespace {

using ::testing::HasSubstr;

std::string text_of(const MetricsRegistry& metrics) {
  const ObservedJob job{.name = "fleet", .metrics = &metrics};
  return prometheus_text({&job, 1});
}

TEST(Exposition, counters_and_gauges_have_help_type_and_labels) {
  MetricsRegistry metrics;
  metrics.counter("sitrep_records_total", "Records read", {{"topic", "a"}, {"partition", "1"}})
      .add(42);
  metrics.counter("sitrep_records_total", "Records read", {{"topic", "b"}, {"partition", "0"}})
      .add(7);
  metrics.gauge("sitrep_lag_records", "Records behind").set(1.5);
  EXPECT_EQ(text_of(metrics),
            "# HELP sitrep_lag_records Records behind\n"
            "# TYPE sitrep_lag_records gauge\n"
            "sitrep_lag_records 1.5\n"
            "# HELP sitrep_records_total Records read\n"
            "# TYPE sitrep_records_total counter\n"
            "sitrep_records_total{partition=\"0\",topic=\"b\"} 7\n"
            "sitrep_records_total{partition=\"1\",topic=\"a\"} 42\n");
}

TEST(Exposition, histograms_are_cumulative_and_in_seconds) {
  MetricsRegistry metrics;
  DurationHistogram& histogram = metrics.histogram("sitrep_commit_seconds", "Commits");
  histogram.observe(50);
  histogram.observe(100);
  histogram.observe(2'000'000);
  const std::string text = text_of(metrics);
  EXPECT_THAT(text, HasSubstr("sitrep_commit_seconds_bucket{le=\"6.4e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sitrep_commit_seconds_bucket{le=\"0.000128\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("sitrep_commit_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("sitrep_commit_seconds_count 3\n"));
  EXPECT_THAT(text, HasSubstr("sitrep_commit_seconds_sum 2.00015"));
}

TEST(Exposition, of_several_jobs_each_series_says_whose_it_is) {
  MetricsRegistry fleet;
  MetricsRegistry camp;
  fleet.counter("sitrep_commits_total", "Epochs", {{"task", "a[0]"}}).add(1);
  camp.counter("sitrep_commits_total", "Epochs", {{"task", "a[0]"}}).add(2);
  camp.gauge("sitrep_lag_records", "Records behind").set(3);
  const std::vector<ObservedJob> jobs = {{.name = "fleet", .metrics = &fleet},
                                         {.name = "camp", .metrics = &camp}};
  EXPECT_EQ(prometheus_text(jobs),
            "# HELP sitrep_commits_total Epochs\n"
            "# TYPE sitrep_commits_total counter\n"
            "sitrep_commits_total{job=\"fleet\",task=\"a[0]\"} 1\n"
            "sitrep_commits_total{job=\"camp\",task=\"a[0]\"} 2\n"
            "# HELP sitrep_lag_records Records behind\n"
            "# TYPE sitrep_lag_records gauge\n"
            "sitrep_lag_records{job=\"camp\"} 3\n");
}

}  // namespace
}  // namespace sitrep
