// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/quantile_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace sitrep::sql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSlack = 1e-9;

QuantileSketch sketch_of(const std::vector<double>& values) {
  QuantileSketch sketch;
  for (const double value : values) sketch.add(value);
  return sketch;
}

std::string saved(const QuantileSketch& sketch) {
  std::string out;
  sketch.save(out);
  return out;
}

/// Every rank of `values` is within the promised error.
void expect_near_every_rank(std::vector<double> values) {
  const QuantileSketch sketch = sketch_of(values);
  std::sort(values.begin(), values.end());
  ASSERT_EQ(sketch.count(), values.size());
  for (std::size_t rank = 0; rank < values.size(); ++rank) {
    const double exact = values[rank];
    const double fraction = static_cast<double>(rank) / static_cast<double>(values.size() - 1);
    // The position is a rounded product: between two ranks it is a mean of neighbours, so that
    // those count too, by as much as rounding can weigh them.
    const double before = values[rank == 0 ? 0 : rank - 1];
    const double after = values[std::min(rank + 1, values.size() - 1)];
    const double error = (QuantileSketch::kRelativeError + kSlack) * std::fabs(exact) +
                         kSlack * (std::fabs(before) + std::fabs(after));
    ASSERT_NEAR(sketch.quantile(fraction), exact, error) << "rank " << rank;
  }
}

TEST(QuantileSketch, every_rank_is_within_the_promised_error) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    std::mt19937_64 random(seed);
    std::lognormal_distribution<double> latencies(2, 1.5);
    std::vector<double> values(2001);
    for (double& value : values) value = latencies(random);
    expect_near_every_rank(values);
  }
}

TEST(QuantileSketch, negative_numbers_and_zeros_have_their_ranks) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise(0, 100);
  std::vector<double> values(1501);
  for (double& value : values) value = random() % 7 == 0 ? 0.0 : noise(random);
  expect_near_every_rank(values);
}

TEST(QuantileSketch, infinities_are_themselves) {
  const QuantileSketch sketch =
      sketch_of({-kInfinity, -kInfinity, -3, 0, 5, kInfinity, kInfinity, kInfinity});
  EXPECT_EQ(sketch.quantile(0), -kInfinity);
  EXPECT_EQ(sketch.quantile(1.0 / 7), -kInfinity);
  EXPECT_NEAR(sketch.quantile(2.0 / 7), -3, 3 * (QuantileSketch::kRelativeError + kSlack));
  EXPECT_EQ(sketch.quantile(6.0 / 7), kInfinity);
  EXPECT_EQ(sketch.quantile(1), kInfinity);
}

TEST(QuantileSketch, the_largest_and_smallest_doubles_keep_their_magnitude) {
  const double largest = std::numeric_limits<double>::max();
  const double normal = std::numeric_limits<double>::min();
  expect_near_every_rank({largest, largest, largest / 2, largest / 3, 1, -largest, -largest / 3});
  expect_near_every_rank({normal, normal * 2, normal * 3, 0, -normal * 2});
}

TEST(QuantileSketch, nan_is_above_every_number) {
  const QuantileSketch sketch = sketch_of({1, std::nan(""), 3});
  EXPECT_EQ(sketch.quantile(0), 1);
  EXPECT_EQ(sketch.quantile(0.5), 3);
  EXPECT_TRUE(std::isnan(sketch.quantile(1)));
  EXPECT_TRUE(std::isnan(sketch_of({std::nan("")}).quantile(0)));
}

TEST(QuantileSketch, a_single_value_and_the_ends_are_exact) {
  EXPECT_EQ(sketch_of({0.1}).quantile(0.5), 0.1);
  EXPECT_EQ(sketch_of({-7.3, -7.3}).quantile(0.3), -7.3);
  const QuantileSketch sketch = sketch_of({0.123, 55, 9'876.5, 7});
  EXPECT_EQ(sketch.quantile(0), 0.123);
  EXPECT_EQ(sketch.quantile(1), 9'876.5);
}

TEST(QuantileSketch, between_two_ranks_it_goes_in_a_straight_line) {
  EXPECT_EQ(sketch_of({10, 20}).quantile(0.5), 15);
  EXPECT_EQ(sketch_of({10, 20}).quantile(0.1), 11);
  EXPECT_EQ(sketch_of({10, kInfinity}).quantile(0.5), kInfinity);
}

TEST(QuantileSketch, never_falls_as_the_fraction_rises) {
  std::mt19937_64 random(11);
  std::vector<double> values(300);
  for (double& value : values) value = std::ldexp(1.0, static_cast<int>(random() % 40)) - 1000;
  const QuantileSketch sketch = sketch_of(values);
  double last = -kInfinity;
  for (int step = 0; step <= 1000; ++step) {
    const double next = sketch.quantile(step / 1000.0);
    ASSERT_GE(next, last) << step;
    last = next;
  }
}

TEST(QuantileSketch, merged_in_any_order_is_the_sketch_of_all) {
  std::mt19937_64 random(5);
  std::vector<double> values(999);
  for (double& value : values) value = static_cast<double>(random() % 10'000) - 3000;
  const std::vector<double> left(values.begin(), values.begin() + 400);
  const std::vector<double> right(values.begin() + 400, values.end());
  QuantileSketch forward = sketch_of(left);
  forward.merge(sketch_of(right));
  QuantileSketch backward = sketch_of(right);
  backward.merge(sketch_of(left));
  backward.merge(QuantileSketch());
  EXPECT_EQ(saved(forward), saved(sketch_of(values)));
  EXPECT_EQ(saved(backward), saved(sketch_of(values)));
}

TEST(QuantileSketch, memory_is_bounded_and_only_small_magnitudes_blur) {
  QuantileSketch sketch;
  std::vector<double> values;
  for (int i = 0; i < 60'000; ++i) values.push_back(std::exp((i % 6000) * 0.2 - 600));
  for (const double value : values) sketch.add(value), sketch.add(-value);
  EXPECT_LE(sketch.heap_bytes(), 2 * QuantileSketch::kBucketsMax * 64);
  EXPECT_LT(saved(sketch).size(), 2 * QuantileSketch::kBucketsMax * 16 + 100);
  std::sort(values.begin(), values.end());
  const double exact = values[values.size() * 98 / 100];
  EXPECT_NEAR(sketch.quantile(0.99), exact, exact * 0.25);
  EXPECT_EQ(sketch.quantile(1), values.back());
}

TEST(QuantileSketch, saved_and_loaded_is_the_same) {
  for (const std::vector<double>& values :
       {std::vector<double>{}, {std::nan("")}, {0, -0.0, 1e-320}, {1, 2, -5, kInfinity, 0}}) {
    const std::string bytes = saved(sketch_of(values)) + "rest";
    std::string_view in = bytes;
    QuantileSketch loaded;
    ASSERT_TRUE(loaded.load(in));
    EXPECT_EQ(in, "rest");
    EXPECT_EQ(saved(loaded) + "rest", bytes);
  }
}

}  // namespace
}  // namespace sitrep::sql
