// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/circle.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sitrep::sql {
namespace {

constexpr double kRadiansPerDegree = std::numbers::pi / 180;

double squared_sine(double radians) {
  const double sine = std::sin(radians);
  return sine * sine;
}

}  // namespace

Circle::Circle(Position centre, double radius_m)
    : centre_(centre),
      radius_m_(radius_m),
      centre_cosine_(std::cos(centre.latitude * kRadiansPerDegree)) {
  const double angle = std::min(radius_m / kEarthRadiusM, std::numbers::pi);
  // Rounding must not decide here: what is barely beyond is left to the haversine.
  latitude_degrees_max_ = angle / kRadiansPerDegree * (1 + 1e-12);
  haversine_max_ = squared_sine(angle / 2);
}

double Circle::haversine(Position point) const {
  const double north = (point.latitude - centre_.latitude) * kRadiansPerDegree;
  const double east = (point.longitude - centre_.longitude) * kRadiansPerDegree;
  return squared_sine(north / 2) + centre_cosine_ * std::cos(point.latitude * kRadiansPerDegree) *
                                       squared_sine(east / 2);
}

bool Circle::covers(Position point) const {
  if (std::fabs(point.latitude - centre_.latitude) > latitude_degrees_max_) return false;
  return haversine(point) <= haversine_max_;
}

double Circle::distance_m(Position point) const {
  if (covers(point)) return 0;
  const double half_angle = std::asin(std::sqrt(std::min(haversine(point), 1.0)));
  return std::max(2 * half_angle * kEarthRadiusM - radius_m_, 0.0);
}

}  // namespace sitrep::sql
