// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/zone.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "engine/base/text.h"
#include "engine/sql/code_points.h"

namespace sitrep::sql {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kShapes =
    "POLYGON((lon lat, lon lat, lon lat)), MULTIPOLYGON(((…)), ((…))) or CIRCLE(lon lat, metres)";
constexpr std::size_t kRingPointsMin = 3;

bool same_word(std::string_view word, std::string_view upper) {
  return std::ranges::equal(word, upper, [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

/// Reads a text from its begin to its end by the grammar of zone.h.
class ZoneReader {
 public:
  explicit ZoneReader(std::string_view text) : text_(text) {}

  Result<Zone> zone() {
    skip_blanks();
    const std::size_t begin = at_;
    const std::string_view shape = word();
    if (same_word(shape, "CIRCLE")) return circle();
    std::vector<std::vector<Ring>> polygons;
    if (same_word(shape, "POLYGON")) {
      ASSIGN_OR_RETURN(polygons.emplace_back(), rings());
    } else if (same_word(shape, "MULTIPOLYGON")) {
      ASSIGN_OR_RETURN(polygons, list_of([this] { return rings(); }));
    } else {
      at_ = begin;
      return unexpected(kShapes);
    }
    auto made = Polygons::make(polygons);
    if (!made) return std::move(made).error();
    return Zone(*std::move(made));
  }

  Result<std::vector<ZoneSet::Named>> zones() {
    std::vector<ZoneSet::Named> out;
    do {
      ASSIGN_OR_RETURN(std::string name, name_before_colon());
      auto one = zone();
      if (!one) return std::move(one).error().with_context(concat("zone ", name));
      out.push_back({.name = std::move(name), .zone = *std::move(one)});
    } while (take(';') && !at_end());
    return out;
  }

  Result<void> end(std::string_view expected) {
    if (!at_end()) return unexpected(expected);
    return {};
  }

 private:
  void skip_blanks() {
    at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
  }
  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  Result<void> expect(char c, std::string_view expected) {
    if (!take(c)) return unexpected(expected);
    return {};
  }

  std::string_view word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && ((text_[at_] | 0x20) >= 'a' && (text_[at_] | 0x20) <= 'z')) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  Error unexpected(std::string_view expected) {
    constexpr std::size_t kShownMax = 12;
    if (at_end()) return invalid_config(concat("found its end, expected ", expected));
    const std::string_view rest = text_.substr(at_);
    const std::string_view shown = first_points(rest, kShownMax);
    return invalid_config(concat("found '", shown, shown.size() < rest.size() ? "…" : "",
                                 "' at character ", character(at_), ", expected ", expected));
  }
  /// The number of the character at a byte; the first is 1.
  std::size_t character(std::size_t byte) const {
    return count_points(text_.substr(0, byte)) + 1;
  }

  Result<double> number(std::string_view expected) {
    skip_blanks();
    double value = 0;
    const auto read = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (read.ec != std::errc()) return unexpected(expected);
    at_ = static_cast<std::size_t>(read.ptr - text_.data());
    return value;
  }

  Result<Position> position() {
    skip_blanks();
    const std::size_t begin = at_;
    ASSIGN_OR_RETURN(const double longitude, number("a longitude"));
    ASSIGN_OR_RETURN(const double latitude, number("a latitude"));
    if (is_longitude(longitude) && is_latitude(latitude)) {
      return Position{.longitude = longitude, .latitude = latitude};
    }
    return invalid_config(concat(
        "found ", is_longitude(longitude) ? "latitude " : "longitude ",
        is_longitude(longitude) ? latitude : longitude, " at character ", character(begin),
        ", expected a longitude from -180 to 180, then a latitude from -90 to 90"));
  }

  /// "(" one *( "," one ) ")"
  template <typename Read>
  auto list_of(Read read) -> Result<std::vector<typename decltype(read())::value_type>> {
    std::vector<typename decltype(read())::value_type> out;
    TRY(expect('(', "'('"));
    do {
      ASSIGN_OR_RETURN(auto one, read());
      out.push_back(std::move(one));
    } while (take(','));
    TRY(expect(')', "',' or ')'"));
    return out;
  }

  Result<Ring> ring() {
    skip_blanks();
    const std::size_t begin = at_;
    ASSIGN_OR_RETURN(Ring points, list_of([this] { return position(); }));
    if (points.size() >= kRingPointsMin) return points;
    return invalid_config(concat("found a ring of ", points.size(), " points at character ",
                                 character(begin), ", expected ", kRingPointsMin, " or more"));
  }

  Result<std::vector<Ring>> rings() {
    return list_of([this] { return ring(); });
  }

  Result<Zone> circle() {
    TRY(expect('(', "'('"));
    ASSIGN_OR_RETURN(const Position centre, position());
    TRY(expect(',', "',' and metres"));
    ASSIGN_OR_RETURN(const double radius_m, number("metres"));
    if (!(radius_m > 0)) {
      return invalid_config(
          concat("found a circle of ", radius_m, " metres, expected more than 0"));
    }
    TRY(expect(')', "')'"));
    return Zone(Circle(centre, radius_m));
  }

  Result<std::string> name_before_colon() {
    skip_blanks();
    const std::size_t colon = text_.find_first_of(":;(", at_);
    if (colon == std::string_view::npos || text_[colon] != ':' || colon == at_) {
      return unexpected(concat("a name and ':' before ", kShapes));
    }
    const std::string_view name = text_.substr(at_, colon - at_);
    at_ = colon + 1;
    return std::string(name.substr(0, name.find_last_not_of(kBlanks) + 1));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<Error> too_long(std::string_view text) {
  if (text.size() <= Zone::kTextBytesMax) return std::nullopt;
  return invalid_config(
      concat("found ", text.size(), " bytes, expected at most ", Zone::kTextBytesMax));
}

}  // namespace

Result<Zone> Zone::parse(std::string_view text) {
  if (auto error = too_long(text)) return *std::move(error);
  ZoneReader reader(text);
  auto zone = reader.zone();
  if (!zone) return zone;
  TRY(reader.end("the end of the zone"));
  return zone;
}

bool Zone::covers(Position point) const {
  return std::visit([&](const auto& shape) { return shape.covers(point); }, shape_);
}

double Zone::distance_m(Position point) const {
  return std::visit([&](const auto& shape) { return shape.distance_m(point); }, shape_);
}

Result<ZoneSet> ZoneSet::parse(std::string_view text) {
  if (auto error = too_long(text)) return *std::move(error);
  ZoneReader reader(text);
  ASSIGN_OR_RETURN(std::vector<Named> zones, reader.zones());
  TRY(reader.end("';' and the next zone, or the end"));
  return ZoneSet(std::move(zones));
}

const ZoneSet::Named* ZoneSet::find(Position point) const {
  const auto found =
      std::ranges::find_if(zones_, [&](const Named& one) { return one.zone.covers(point); });
  return found == zones_.end() ? nullptr : &*found;
}

}  // namespace sitrep::sql
