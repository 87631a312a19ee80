// SPDX-License-Identifier: Apache-2.0
#include "engine/telemetry/metrics.h"

#include <gmock/gmock.h>

namespace sitrep {
namespace {

TEST(MetricsRegistry, the_same_name_and_labels_give_the_same_instrument) {
  MetricsRegistry metrics;
  Counter& first = metrics.counter("c", "help", {{"a", "1"}});
  EXPECT_EQ(&first, &metrics.counter("c", "help", {{"a", "1"}}));
  EXPECT_NE(&first, &metrics.counter("c", "help", {{"a", "2"}}));
}

TEST(DurationHistogram, a_quantile_is_the_upper_bound_of_its_bucket) {
  DurationHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  for (int i = 0; i < 98; ++i) histogram.observe(100);
  histogram.observe(5'000);
  histogram.observe(5'000);
  EXPECT_EQ(histogram.quantile(0.5), 128);
  EXPECT_EQ(histogram.quantile(0.99), 8'192);
}

}  // namespace
}  // namespace sitrep
