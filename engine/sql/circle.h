// SPDX-License-Identifier: Apache-2.0
#pragma once
// The points of the globe up to so many metres from a centre, on a sphere, by the haversine
// formula. It may cross the 180th meridian and hold a pole. A value; thread-compatible.

#include "engine/sql/position.h"

namespace sitrep::sql {

/// The mean radius R1 of WGS84, by (2a + b) / 3.
inline constexpr double kEarthRadiusM = 6'371'008.8;

class Circle {
 public:
  Circle(Position centre, double radius_m);

  /// The circle itself is covered.
  bool covers(Position point) const;
  /// From `point` to the circle; 0 when it covers the point.
  double distance_m(Position point) const;

 private:
  /// sin² of half the angle between `point` and the centre.
  double haversine(Position point) const;

  Position centre_;
  double radius_m_;
  double centre_cosine_;
  /// A point further north or south than this needs no trigonometry.
  double latitude_degrees_max_;
  /// What haversine() is at the radius.
  double haversine_max_;
};

}  // namespace sitrep::sql
