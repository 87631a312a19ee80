// SPDX-License-Identifier: Apache-2.0
#pragma once
// A point on the globe, in degrees of WGS84, longitude first as WKT and GeoJSON have it. A value;
// thread-compatible.

namespace sitrep::sql {

struct Position {
  double longitude = 0;
  double latitude = 0;

  friend bool operator==(Position, Position) = default;
};

/// False for NaN too.
constexpr bool is_longitude(double degrees) { return degrees >= -180 && degrees <= 180; }
constexpr bool is_latitude(double degrees) { return degrees >= -90 && degrees <= 90; }
constexpr bool on_globe(Position position) {
  return is_longitude(position.longitude) && is_latitude(position.latitude);
}

}  // namespace sitrep::sql
