// SPDX-License-Identifier: Apache-2.0
#pragma once
// Areas with holes whose edges are straight in longitude and latitude (RFC 7946, section 3.1.1).
// Whether a point is in one is planar; metres are those of a plane around the point (decision 0012
// says how exact). Immutable; thread-compatible.

#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/sql/position.h"

namespace sitrep::sql {

/// Open or closed, either way round.
using Ring = std::vector<Position>;

class Polygons {
 public:
  /// Each polygon is its outer ring and then its holes. An invalid_config says what is wrong: a
  /// border that crosses itself, polygons that overlap, one of more than 180° of longitude.
  static Result<Polygons> make(std::span<const std::vector<Ring>> polygons);
  ~Polygons();
  Polygons(Polygons&&) noexcept;
  Polygons& operator=(Polygons&&) noexcept;

  /// The border, that of a hole too, is covered.
  bool covers(Position point) const;
  /// From `point` to the nearest border; 0 when it is covered.
  double distance_m(Position point) const;

 private:
  struct Part;
  explicit Polygons(std::vector<Part> parts);

  std::vector<Part> parts_;
};

}  // namespace sitrep::sql
