// SPDX-License-Identifier: Apache-2.0
// Points at known places of small drawings; convex polygons against their half-planes; distances
// against points laid densely on the border and the haversine.
#include "engine/sql/polygons.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/sql/circle.h"

namespace sitrep::sql {
namespace {

constexpr double kDegreeM = 111'195.08;

Ring square(double low, double high) {
  return {{low, low}, {high, low}, {high, high}, {low, high}};
}

Polygons polygons(const std::vector<std::vector<Ring>>& rings) {
  auto made = Polygons::make(rings);
  EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message());
  return *std::move(made);
}

std::string refusal(const std::vector<std::vector<Ring>>& rings) {
  const auto made = Polygons::make(rings);
  return made ? "none" : made.error().message();
}

TEST(Polygons, the_border_and_the_corners_are_covered) {
  const Polygons ten = polygons({{square(0, 10)}});
  for (const Position inside :
       {Position{5, 5}, {0, 5}, {10, 5}, {5, 0}, {5, 10}, {0, 0}, {10, 10}}) {
    EXPECT_TRUE(ten.covers(inside)) << inside.longitude << ' ' << inside.latitude;
  }
  for (const Position outside : {Position{-1e-9, 5}, {10 + 1e-9, 5}, {5, -1e-9}, {5, 10 + 1e-9}}) {
    EXPECT_FALSE(ten.covers(outside)) << outside.longitude << ' ' << outside.latitude;
  }
}

TEST(Polygons, a_hole_is_outside_and_its_border_inside) {
  const Polygons ring = polygons({{square(0, 10), square(4, 6)}});
  EXPECT_TRUE(ring.covers({2, 5}));
  EXPECT_FALSE(ring.covers({5, 5}));
  EXPECT_TRUE(ring.covers({4, 5}));
  EXPECT_TRUE(ring.covers({6, 6}));
}

TEST(Polygons, a_bay_is_outside) {
  // A U that is open to the north.
  const Polygons bay =
      polygons({{{{0, 0}, {9, 0}, {9, 9}, {6, 9}, {6, 3}, {3, 3}, {3, 9}, {0, 9}}}});
  EXPECT_FALSE(bay.covers({4.5, 6}));
  EXPECT_TRUE(bay.covers({4.5, 1}));
  EXPECT_TRUE(bay.covers({1, 8}));
  EXPECT_TRUE(bay.covers({8, 8}));
  EXPECT_TRUE(bay.covers({4.5, 3}));
}

TEST(Polygons, rings_may_be_open_or_closed_and_run_either_way) {
  Ring closed = square(0, 10);
  closed.push_back(closed.front());
  Ring other_way = square(0, 10);
  std::ranges::reverse(other_way);
  Ring hole = square(4, 6);
  for (const Ring& outer : {square(0, 10), closed, other_way}) {
    std::ranges::reverse(hole);
    const Polygons same = polygons({{outer, hole}});
    EXPECT_TRUE(same.covers({1, 1}));
    EXPECT_FALSE(same.covers({5, 5}));
    EXPECT_FALSE(same.covers({11, 1}));
  }
}

TEST(Polygons, of_several_each_counts) {
  const Polygons two = polygons({{square(0, 1)}, {square(2, 3)}});
  EXPECT_TRUE(two.covers({0.5, 0.5}));
  EXPECT_TRUE(two.covers({2.5, 2.5}));
  EXPECT_FALSE(two.covers({1.5, 1.5}));
}

TEST(Polygons, edges_are_straight_in_degrees) {
  // The great circle between these corners would bulge north to 45.4°.
  const Polygons wide = polygons({{{{0, 40}, {20, 40}, {20, 45}, {0, 45}}}});
  EXPECT_TRUE(wide.covers({10, 45}));
  EXPECT_FALSE(wide.covers({10, 45.1}));
}

TEST(Polygons, what_is_no_area_is_refused) {
  EXPECT_EQ(refusal({{{{0, 0}, {10, 10}, {10, 0}, {0, 10}}}}),
            "the border of a polygon crosses itself");
  EXPECT_EQ(refusal({{{{0, 0}, {10, 0}, {10, 10}, {15, 10}, {10, 10}, {0, 10}}}}),
            "the border of a polygon goes back on itself");
  EXPECT_EQ(refusal({{{{0, 0}, {10, 10}, {10, 0}, {0, 12}}}}),
            "the border of a polygon crosses itself");
  EXPECT_EQ(refusal({{{{0, 0}, {1, 1}}}}), "a ring has fewer than three points");
  EXPECT_EQ(refusal({{{{0, 0}, {0, 0}, {1, 1}}}}), "a ring has no area");
  EXPECT_EQ(refusal({{square(0, 10), square(20, 21)}}), "a hole lies outside of its polygon");
  EXPECT_EQ(refusal({{square(0, 10), square(2, 8), square(4, 6)}}),
            "a hole lies in another hole");
  EXPECT_EQ(refusal({{square(0, 10)}, {square(5, 15)}}), "polygons overlap or share an edge");
  EXPECT_EQ(refusal({{square(0, 10)}, {square(4, 6)}}), "polygons overlap or share an edge");
  EXPECT_EQ(refusal({{square(0, 10)}, {{{10, 0}, {20, 0}, {20, 10}, {10, 10}}}}),
            "polygons overlap or share an edge");
  EXPECT_EQ(refusal({{square(0, 10)}, {square(10, 20)}}), "none");
}

TEST(Polygons, three_points_in_line_are_no_area) {
  EXPECT_NE(refusal({{{{0, 0}, {1, 1}, {2, 2}}}}), "none");
}

TEST(Polygons, smaller_than_an_atom_is_no_reason_to_throw) {
  // A pentagon. Boost.Geometry 1.74 threw when it put these corners on its grid.
  EXPECT_EQ(refusal({{{{2.63245657987117e-15, 3.4690316673086929e-15},
                       {3.1503457753570273e-17, 3.0848311679530569e-15},
                       {-4.7020621703908849e-16, 3.2447525966131826e-16},
                       {8.7679574148842773e-16, -1.6522984757366126e-17},
                       {3.3875902776111109e-15, 1.1853230153605041e-15}}}}),
            "none");
}

TEST(Polygons, more_than_180_degrees_wide_is_refused) {
  EXPECT_EQ(refusal({{{{-90, 0}, {90, 0}, {90, 10}, {-90, 10}}}}), "none");
  EXPECT_EQ(refusal({{{{179, -17}, {-179, -17}, {-179, -16}, {179, -16}}}}),
            "a polygon is 358 degrees wide, and may be 180; one that crosses the 180th meridian is "
            "a MULTIPOLYGON that is cut there");
}

TEST(Polygons, cut_at_the_180th_meridian_cover_both_sides) {
  const Polygons fiji = polygons({{{{179, -17}, {180, -17}, {180, -16}, {179, -16}}},
                                  {{{-180, -17}, {-179, -17}, {-179, -16}, {-180, -16}}}});
  EXPECT_TRUE(fiji.covers({179.5, -16.5}));
  EXPECT_TRUE(fiji.covers({180, -16.5}));
  EXPECT_TRUE(fiji.covers({-180, -16.5}));
  EXPECT_TRUE(fiji.covers({-179.5, -16.5}));
  EXPECT_FALSE(fiji.covers({0, -16.5}));
}

TEST(Polygons, distance_is_0_inside_and_metres_outside) {
  const Polygons ten = polygons({{{{29, 9}, {30, 9}, {30, 10}, {29, 10}}}});
  EXPECT_EQ(ten.distance_m({29.5, 9.5}), 0);
  EXPECT_EQ(ten.distance_m({30, 9.5}), 0);
  // North of an edge, and east of one at 9.5°, where a degree of longitude is shorter.
  EXPECT_NEAR(ten.distance_m({29.5, 10.001}), 0.001 * kDegreeM, 1e-3);
  EXPECT_NEAR(ten.distance_m({30.001, 9.5}),
              0.001 * kDegreeM * std::cos(9.5 * std::numbers::pi / 180), 1e-3);
  // Beyond a corner it is that to the corner.
  EXPECT_NEAR(ten.distance_m({30.0003, 10.0004}),
              std::hypot(0.0003 * std::cos(10 * std::numbers::pi / 180), 0.0004) * kDegreeM, 1e-2);
}

TEST(Polygons, distance_in_a_hole_is_that_to_its_border) {
  const Polygons ring = polygons({{square(0, 1), square(0.4, 0.6)}});
  EXPECT_NEAR(ring.distance_m({0.5, 0.59}), 0.01 * kDegreeM, 0.01);
}

TEST(Polygons, distance_goes_the_short_way_over_the_180th_meridian) {
  const Polygons east = polygons({{{{179, 0}, {179.9, 0}, {179.9, 1}, {179, 1}}}});
  EXPECT_NEAR(east.distance_m({-179.9, 0}), 0.2 * kDegreeM, 0.01);
  const Polygons west = polygons({{{{-179.9, 0}, {-179, 0}, {-179, 1}, {-179.9, 1}}}});
  EXPECT_NEAR(west.distance_m({179.9, 0}), 0.2 * kDegreeM, 0.01);
}

/// Corners on a circle are a convex polygon, in the order of their angles.
Ring random_convex(std::mt19937_64& random, Position centre, double reach) {
  const auto corners = std::uniform_int_distribution<std::size_t>(3, 12)(random);
  std::vector<double> angles(corners);
  std::uniform_real_distribution<double> around(0, 2 * std::numbers::pi);
  for (double& angle : angles) angle = around(random);
  std::ranges::sort(angles);
  Ring ring;
  for (const double angle : angles) {
    ring.push_back({centre.longitude + reach * std::cos(angle),
                    centre.latitude + reach * std::sin(angle)});
  }
  return ring;
}

/// The smallest of the distances to the left of each edge: negative outside, 0 on the border.
double margin(const Ring& convex, Position point) {
  double smallest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < convex.size(); ++i) {
    const Position from = convex[i];
    const Position to = convex[(i + 1) % convex.size()];
    const double x = to.longitude - from.longitude;
    const double y = to.latitude - from.latitude;
    const double area =
        x * (point.latitude - from.latitude) - y * (point.longitude - from.longitude);
    smallest = std::min(smallest, area / std::hypot(x, y));
  }
  return smallest;
}

TEST(Polygons, convex_ones_are_the_meeting_of_their_half_planes) {
  std::mt19937_64 random(20261127);
  int covered = 0;
  for (int round = 0; round < 500; ++round) {
    const double reach = std::pow(10, std::uniform_real_distribution<double>(-4, 1)(random));
    std::uniform_real_distribution<double> anywhere(-70, 70);
    const Position centre{anywhere(random), anywhere(random)};
    const Ring ring = random_convex(random, centre, reach);
    const Polygons polygon = polygons({{ring}});
    std::uniform_real_distribution<double> near(-1.2 * reach, 1.2 * reach);
    for (int i = 0; i < 40; ++i) {
      const Position point{centre.longitude + near(random), centre.latitude + near(random)};
      const double depth = margin(ring, point);
      if (std::fabs(depth) < 1e-12) continue;
      ASSERT_EQ(polygon.covers(point), depth > 0) << round << ": " << depth;
      covered += depth > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(covered, 5'000);
}

/// Corners with small whole numbers, for which the arithmetic below is exact.
struct Segment {
  Position from;
  Position to;
};

double turn(Position a, Position b, Position c) {
  return (b.longitude - a.longitude) * (c.latitude - a.latitude) -
         (b.latitude - a.latitude) * (c.longitude - a.longitude);
}

bool on_segment(Segment segment, Position point) {
  const auto [west, east] = std::minmax(segment.from.longitude, segment.to.longitude);
  const auto [south, north] = std::minmax(segment.from.latitude, segment.to.latitude);
  return turn(segment.from, segment.to, point) == 0 && point.longitude >= west &&
         point.longitude <= east && point.latitude >= south && point.latitude <= north;
}

bool meet(Segment a, Segment b) {
  const bool cross = turn(a.from, a.to, b.from) * turn(a.from, a.to, b.to) < 0 &&
                     turn(b.from, b.to, a.from) * turn(b.from, b.to, a.to) < 0;
  return cross || on_segment(a, b.from) || on_segment(a, b.to) || on_segment(b, a.from) ||
         on_segment(b, a.to);
}

std::vector<Segment> edges_of(const Ring& ring) {
  std::vector<Segment> edges;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    edges.push_back({ring[i], ring[(i + 1) % ring.size()]});
  }
  return edges;
}

/// Edges that follow each other share their corner alone, others nothing. A corner may be there
/// several times in a row.
bool simple(Ring ring) {
  const auto repeated = std::ranges::unique(ring);
  ring.erase(repeated.begin(), repeated.end());
  if (ring.front() == ring.back()) ring.pop_back();
  if (ring.size() < 3) return false;
  const std::vector<Segment> edges = edges_of(ring);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Segment& next = edges[(i + 1) % edges.size()];
    if (on_segment(edges[i], next.to) || on_segment(next, edges[i].from)) return false;
    for (std::size_t j = i + 2; j < edges.size() - (i == 0 ? 1 : 0); ++j) {
      if (meet(edges[i], edges[j])) return false;
    }
  }
  return true;
}

bool inside_or_on(const Ring& ring, Position point) {
  bool odd = false;
  for (const auto& [from, to] : edges_of(ring)) {
    if (on_segment({from, to}, point)) return true;
    if ((from.latitude > point.latitude) == (to.latitude > point.latitude)) continue;
    odd ^= (turn(from, to, point) > 0) == (to.latitude > from.latitude);
  }
  return odd;
}

TEST(Polygons, small_ones_agree_with_exact_arithmetic) {
  std::mt19937_64 random(3);
  std::uniform_int_distribution<int> number(0, 5);
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    Ring ring(std::uniform_int_distribution<std::size_t>(3, 7)(random));
    for (Position& corner : ring) {
      corner = {static_cast<double>(number(random)), static_cast<double>(number(random))};
    }
    std::string text;
    for (const Position& corner : ring) text += concat(corner.longitude, ' ', corner.latitude, ',');
    const auto made = Polygons::make(std::vector<std::vector<Ring>>{{ring}});
    ASSERT_EQ(made.has_value(), simple(ring)) << text << (made ? "" : made.error().message());
    if (!made) continue;
    ++accepted;
    for (int x = 0; x <= 5; ++x) {
      for (int y = 0; y <= 5; ++y) {
        const Position point{static_cast<double>(x), static_cast<double>(y)};
        ASSERT_EQ(made->covers(point), inside_or_on(ring, point)) << text << x << ' ' << y;
      }
    }
  }
  EXPECT_GT(accepted, 3'000);
}

TEST(Polygons, distance_agrees_with_points_along_the_border) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 100; ++round) {
    const Position centre{std::uniform_real_distribution<double>(-170, 170)(random),
                          std::uniform_real_distribution<double>(-45, 45)(random)};
    constexpr double kReach = 0.01;  // about a kilometre
    const Ring ring = random_convex(random, centre, kReach);
    const Polygons polygon = polygons({{ring}});
    std::uniform_real_distribution<double> near(-3 * kReach, 3 * kReach);
    const Position point{centre.longitude + near(random), centre.latitude + near(random)};
    if (margin(ring, point) > 0) continue;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const Position from = ring[i];
      const Position to = ring[(i + 1) % ring.size()];
      for (int step = 0; step <= 2'000; ++step) {
        const double part = step / 2'000.0;
        const Circle here({std::lerp(from.longitude, to.longitude, part),
                           std::lerp(from.latitude, to.latitude, part)},
                          1e-9);
        nearest = std::min(nearest, here.distance_m(point));
      }
    }
    EXPECT_NEAR(polygon.distance_m(point), nearest, 0.001 * nearest + 0.05) << round;
  }
}

}  // namespace
}  // namespace sitrep::sql
