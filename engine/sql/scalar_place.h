// SPDX-License-Identifier: Apache-2.0
#pragma once
// The functions of places; zone.h says what a zone is, decision 0012 what they promise. A text that
// is no zone, or a point that is not on the globe, cannot be computed.
//
//   within(lat, lon, zone)          boolean; the border is within
//   zone_at(lat, lon, zones)        the name of the first zone that has the point; null if none
//   zone_distance(lat, lon, zone)   metres to the zone, 0 in it
//
// What the texts of zones mean is remembered per thread, in the bounds of ParsedTexts: the
// functions are shared by the threads of a job. Thread-safe.

#include <optional>
#include <string>
#include <string_view>

namespace sitrep {

class FunctionRegistry;

namespace sql {

void add_place_scalars(FunctionRegistry& registry);

/// What is wrong with `text` as the constant zone of `function`; nothing when it is right, or when
/// the function takes no zone.
std::optional<std::string> wrong_zone(std::string_view function, std::string_view text);

}  // namespace sql
}  // namespace sitrep
