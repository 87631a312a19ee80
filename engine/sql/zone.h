// SPDX-License-Identifier: Apache-2.0
#pragma once
// A geofence, and a set of named ones, as texts say them (decision 0012). Numbers are degrees of
// WGS84, longitude first; words in any case, blanks anywhere between:
//
//   zone     = "POLYGON" polygon | "MULTIPOLYGON" "(" polygon *( "," polygon ) ")"
//            | "CIRCLE" "(" position "," metres ")"
//   polygon  = "(" ring *( "," ring ) ")"                           the first is the outer one
//   ring     = "(" position "," position "," position *( "," position ) ")"   open or closed
//   position = longitude latitude
//   zones    = name ":" zone *( ";" name ":" zone ) [ ";" ]         a name has no : ; or (
//
// Immutable; thread-compatible.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/result.h"
#include "engine/sql/circle.h"
#include "engine/sql/polygons.h"
#include "engine/sql/position.h"

namespace sitrep::sql {

class Zone {
 public:
  /// A longer text is no zone: a bound on what one row can cost.
  static constexpr std::size_t kTextBytesMax = 256 * 1024;

  explicit Zone(Circle circle) : shape_(circle) {}
  explicit Zone(Polygons polygons) : shape_(std::move(polygons)) {}

  /// What is wrong is an invalid_config: what was found, where, and what was expected.
  static Result<Zone> parse(std::string_view text);

  /// The border is covered.
  bool covers(Position point) const;
  /// From `point` to the border; 0 when it is covered.
  double distance_m(Position point) const;

 private:
  std::variant<Circle, Polygons> shape_;
};

class ZoneSet {
 public:
  /// As Zone::kTextBytesMax.
  static constexpr std::size_t kTextBytesMax = Zone::kTextBytesMax;

  struct Named {
    std::string name;
    Zone zone;
  };

  /// As Zone::parse; one bad zone makes the text no set.
  static Result<ZoneSet> parse(std::string_view text);

  /// The first zone that covers `point`; null if none does.
  const Named* find(Position point) const;

 private:
  explicit ZoneSet(std::vector<Named> zones) : zones_(std::move(zones)) {}

  std::vector<Named> zones_;
};

}  // namespace sitrep::sql
