// SPDX-License-Identifier: Apache-2.0
// Metres are checked by hand (a degree of a great circle is R·π/180 = 111,195.08 m) and against the
// chord between the points on the sphere, a formula without haversines.
#include "engine/sql/circle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>

namespace sitrep::sql {
namespace {

constexpr double kDegreeM = 111'195.08;

std::array<double, 3> on_unit_sphere(Position point) {
  const double longitude = point.longitude * std::numbers::pi / 180;
  const double latitude = point.latitude * std::numbers::pi / 180;
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
          std::sin(latitude)};
}

double metres_by_chord(Position a, Position b) {
  const auto from = on_unit_sphere(a);
  const auto to = on_unit_sphere(b);
  const double chord = std::hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2]);
  return 2 * kEarthRadiusM * std::asin(std::min(chord / 2, 1.0));
}

TEST(Circle, covers_up_to_its_radius) {
  const Circle degree({.longitude = 29.5, .latitude = 10}, kDegreeM);
  EXPECT_TRUE(degree.covers({.longitude = 29.5, .latitude = 10}));
  EXPECT_TRUE(degree.covers({.longitude = 29.5, .latitude = 10.9999}));
  EXPECT_FALSE(degree.covers({.longitude = 29.5, .latitude = 11.0001}));
  EXPECT_TRUE(degree.covers({.longitude = 29.5, .latitude = 9.0001}));
  EXPECT_FALSE(degree.covers({.longitude = 29.5, .latitude = 8.9999}));
}

TEST(Circle, degrees_of_longitude_shrink_with_the_cosine_of_latitude) {
  // 100 m at 60° north are 0.0017986 degrees of longitude, at the equator 0.0008993.
  const Circle north({.longitude = 20, .latitude = 60}, 100);
  EXPECT_TRUE(north.covers({.longitude = 20.00179, .latitude = 60}));
  EXPECT_FALSE(north.covers({.longitude = 20.00181, .latitude = 60}));
  const Circle equator({.longitude = 20, .latitude = 0}, 100);
  EXPECT_TRUE(equator.covers({.longitude = 20.00089, .latitude = 0}));
  EXPECT_FALSE(equator.covers({.longitude = 20.00091, .latitude = 0}));
}

TEST(Circle, the_border_is_covered) {
  const Position centre{.longitude = 0, .latitude = 0};
  const Circle quarter(centre, kEarthRadiusM * std::numbers::pi / 2);
  EXPECT_TRUE(quarter.covers({.longitude = 0, .latitude = 90}));
  EXPECT_TRUE(quarter.covers({.longitude = 90, .latitude = 0}));
  EXPECT_FALSE(quarter.covers({.longitude = 90.000001, .latitude = 0}));
}

TEST(Circle, crosses_the_180th_meridian_and_holds_a_pole) {
  const Circle fiji({.longitude = 179.99, .latitude = -17}, 5'000);
  EXPECT_TRUE(fiji.covers({.longitude = -179.99, .latitude = -17}));
  EXPECT_FALSE(fiji.covers({.longitude = -179.96, .latitude = -17}));
  const Circle pole({.longitude = 0, .latitude = 89.9}, 2 * 0.1 * kDegreeM);
  EXPECT_TRUE(pole.covers({.longitude = 180, .latitude = 89.95}));
  EXPECT_FALSE(pole.covers({.longitude = 180, .latitude = 89.85}));
}

TEST(Circle, a_radius_beyond_the_globe_covers_all) {
  const Circle all({.longitude = 0, .latitude = 0}, 1e9);
  EXPECT_TRUE(all.covers({.longitude = 180, .latitude = 0}));
  EXPECT_TRUE(all.covers({.longitude = 12, .latitude = -90}));
  EXPECT_EQ(all.distance_m({.longitude = 180, .latitude = 0}), 0);
}

TEST(Circle, distance_is_that_to_the_circle) {
  const Circle kilometre({.longitude = 29.5, .latitude = 10}, 1'000);
  EXPECT_EQ(kilometre.distance_m({.longitude = 29.5, .latitude = 10.001}), 0);
  EXPECT_NEAR(kilometre.distance_m({.longitude = 29.5, .latitude = 11}), kDegreeM - 1'000, 0.01);
  EXPECT_NEAR(kilometre.distance_m({.longitude = 119.5, .latitude = 0}), 90 * kDegreeM - 1'000, 1);
}

TEST(Circle, random_points_agree_with_the_chord) {
  std::mt19937_64 random(20261127);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  int covered = 0;
  for (int round = 0; round < 20'000; ++round) {
    const Position centre{.longitude = uniform(-180, 180), .latitude = uniform(-89, 89)};
    const double radius_m = std::pow(10, uniform(1, 6));
    const double reach = 1.5 * radius_m / kDegreeM;
    Position point{.longitude = centre.longitude + uniform(-reach, reach),
                   .latitude = centre.latitude + uniform(-reach, reach)};
    point.longitude = std::remainder(point.longitude, 360);
    if (!on_globe(point)) continue;
    const Circle circle(centre, radius_m);
    const double metres = metres_by_chord(centre, point);
    EXPECT_NEAR(circle.distance_m(point), std::max(metres - radius_m, 0.0), 1e-3) << round;
    if (std::fabs(metres - radius_m) < 1e-3) continue;
    ASSERT_EQ(circle.covers(point), metres < radius_m) << round;
    covered += circle.covers(point) ? 1 : 0;
  }
  EXPECT_GT(covered, 5'000);
}

}  // namespace
}  // namespace sitrep::sql
