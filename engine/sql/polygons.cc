// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/polygons.h"

#include <algorithm>
#include <boost/geometry.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/geometries/polygon.hpp>
#include <boost/geometry/geometries/segment.hpp>
#include <cmath>
#include <exception>
#include <limits>
#include <numbers>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/text.h"
#include "engine/sql/circle.h"

namespace sitrep::sql {
namespace {

namespace geometry = boost::geometry;

/// Longitude and latitude, or metres east and north.
using Point = geometry::model::d2::point_xy<double>;
using Polygon = geometry::model::polygon<Point>;
using MultiPolygon = geometry::model::multi_polygon<Polygon>;

constexpr double kMetresPerDegree = kEarthRadiusM * std::numbers::pi / 180;
constexpr double kWidthDegreesMax = 180;

/// The rectangle around a polygon.
struct Box {
  double west;
  double east;
  double south;
  double north;

  double width() const { return east - west; }
  bool covers(Position point) const {
    return point.longitude >= west && point.longitude <= east && point.latitude >= south &&
           point.latitude <= north;
  }
};

Box box_of(const Polygon& polygon) {
  const auto box = geometry::return_envelope<geometry::model::box<Point>>(polygon);
  return {.west = box.min_corner().x(),
          .east = box.max_corner().x(),
          .south = box.min_corner().y(),
          .north = box.max_corner().y()};
}

void append(Polygon::ring_type& out, const Ring& ring) {
  for (const Position& position : ring) out.emplace_back(position.longitude, position.latitude);
}

Polygon polygon_of(const std::vector<Ring>& rings) {
  Polygon polygon;
  append(polygon.outer(), rings.front());
  for (const Ring& hole : std::span(rings).subspan(1)) {
    append(polygon.inners().emplace_back(), hole);
  }
  geometry::correct(polygon);
  return polygon;
}

std::string_view reason(geometry::validity_failure_type failure) {
  switch (failure) {
    case geometry::failure_self_intersections: return "the border of a polygon crosses itself";
    // Behind correct() only that of an area of 0: a bow tie with two equal halves.
    case geometry::failure_wrong_orientation: return "the border of a polygon crosses itself";
    case geometry::failure_few_points: return "a ring has fewer than three points";
    case geometry::failure_wrong_topological_dimension: return "a ring has no area";
    case geometry::failure_spikes: return "the border of a polygon goes back on itself";
    case geometry::failure_interior_rings_outside: return "a hole lies outside of its polygon";
    case geometry::failure_nested_interior_rings: return "a hole lies in another hole";
    case geometry::failure_disconnected_interior: return "holes cut a polygon into pieces";
    default: return geometry::validity_failure_type_message(failure);
  }
}

/// Corners come from rows, which must not end a job: what Boost throws of them is said too.
std::optional<std::string> what_is_wrong(const MultiPolygon& polygons) try {
  auto failure = geometry::no_failure;
  for (const Polygon& polygon : polygons) {
    if (!geometry::is_valid(polygon, failure)) return std::string(reason(failure));
  }
  if (!geometry::is_valid(polygons)) return "polygons overlap or share an edge";
  return std::nullopt;
} catch (const std::exception& error) {
  return concat("a polygon cannot be computed with: ", error.what());
}

/// The plane around `origin`, which is its (0, 0).
class Plane {
 public:
  explicit Plane(Position origin)
      : origin_(origin),
        metres_per_longitude_(kMetresPerDegree *
                              std::cos(origin.latitude * std::numbers::pi / 180)) {}

  /// `turn` is 360 or -360 where the way over the 180th meridian is the short one, else 0.
  Point place(const Point& degrees, double turn) const {
    return {(degrees.x() + turn - origin_.longitude) * metres_per_longitude_,
            (degrees.y() - origin_.latitude) * kMetresPerDegree};
  }

 private:
  Position origin_;
  double metres_per_longitude_;
};

/// The square of the metres from the plane's origin to `ring`.
double squared_metres(const Polygon::ring_type& ring, const Plane& plane, double turn) {
  const Point origin(0, 0);
  double nearest = std::numeric_limits<double>::infinity();
  Point from = plane.place(ring.front(), turn);
  for (const Point& corner : std::span(ring).subspan(1)) {
    const Point to = plane.place(corner, turn);
    const geometry::model::referring_segment<const Point> edge(from, to);
    nearest = std::min(nearest, geometry::comparable_distance(origin, edge));
    from = to;
  }
  return nearest;
}

}  // namespace

struct Polygons::Part {
  Polygon polygon;
  Box box;
};

Polygons::Polygons(std::vector<Part> parts) : parts_(std::move(parts)) {}
Polygons::~Polygons() = default;
Polygons::Polygons(Polygons&&) noexcept = default;
Polygons& Polygons::operator=(Polygons&&) noexcept = default;

Result<Polygons> Polygons::make(std::span<const std::vector<Ring>> polygons) {
  MultiPolygon all;
  for (const std::vector<Ring>& rings : polygons) all.push_back(polygon_of(rings));
  if (auto wrong = what_is_wrong(all)) return invalid_config(*std::move(wrong));
  std::vector<Part> parts;
  for (Polygon& polygon : all) {
    const Box box = box_of(polygon);
    if (box.width() > kWidthDegreesMax) {
      return invalid_config(concat(
          "a polygon is ", box.width(), " degrees wide, and may be ", kWidthDegreesMax,
          "; one that crosses the 180th meridian is a MULTIPOLYGON that is cut there"));
    }
    parts.push_back({.polygon = std::move(polygon), .box = box});
  }
  return Polygons(std::move(parts));
}

bool Polygons::covers(Position point) const {
  return std::ranges::any_of(parts_, [&](const Part& part) {
    return part.box.covers(point) &&
           geometry::covered_by(Point(point.longitude, point.latitude), part.polygon);
  });
}

double Polygons::distance_m(Position point) const {
  if (covers(point)) return 0;
  const Plane plane(point);
  double nearest = std::numeric_limits<double>::infinity();
  for (const Part& part : parts_) {
    const double away = point.longitude - (part.box.west + part.box.east) / 2;
    const double turn = away > 180 ? 360 : away < -180 ? -360 : 0;
    nearest = std::min(nearest, squared_metres(part.polygon.outer(), plane, turn));
    for (const auto& hole : part.polygon.inners()) {
      nearest = std::min(nearest, squared_metres(hole, plane, turn));
    }
  }
  return std::sqrt(nearest);
}

}  // namespace sitrep::sql
