// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scalar_place.h"

#include <memory>

#include "engine/api/function_registry.h"
#include "engine/base/text.h"
#include "engine/sql/parsed_texts.h"
#include "engine/sql/scalar_overloads.h"
#include "engine/sql/zone.h"

namespace sitrep::sql {
namespace {

template <typename Parsed>
ParsedTexts<Parsed>& texts_of_this_thread() {
  static thread_local ParsedTexts<Parsed> texts;
  return texts;
}

/// `row(zone, position, arena)` of a latitude, a longitude and a zone, or set of zones; its
/// std::nullopt is a null that is no error.
template <typename Parsed, typename Out, typename Row>
class PlaceFunction final : public ScalarFunction {
 public:
  explicit PlaceFunction(Row row) : row_(row) {}
  Type result_type() const override { return Out::kType; }

  std::size_t evaluate(const ScalarInput& input, Column& out) const override {
    const auto latitudes = input.arguments[0]->doubles();
    const auto longitudes = input.arguments[1]->doubles();
    const auto texts = input.arguments[2]->texts();
    const auto result = cells<typename Out::Cell>(out);
    ParsedTexts<Parsed>& known = texts_of_this_thread<Parsed>();
    std::string_view text;
    const Parsed* zone = nullptr;
    return compute_rows(input, out, [&](std::size_t row) {
      const Position point{.longitude = longitudes[row], .latitude = latitudes[row]};
      // A literal is one text for all rows, which is not even hashed again. The bytes at an address
      // are the same as long as the batch lasts.
      if (texts[row].data() != text.data() || texts[row].size() != text.size()) {
        text = texts[row];
        zone = known.find(text);
      }
      if (zone == nullptr || !on_globe(point)) return false;
      const std::optional<typename Out::Cell> value = row_(*zone, point, input.arena);
      if (value) {
        result[row] = *value;
      } else {
        out.nulls()[row] = 1;
      }
      return true;
    });
  }

 private:
  Row row_;
};

template <typename Parsed, typename Out, typename Row>
std::unique_ptr<ScalarFactory> place_function(std::string name, Row row) {
  return function(std::move(name),
                  {{.arguments = {Type::kDouble, Type::kDouble, Type::kText}, .make = [row] {
                      return std::make_unique<PlaceFunction<Parsed, Out, Row>>(row);
                    }}});
}

template <typename Parsed>
std::optional<std::string> complaint(std::string_view what, std::string_view text) {
  const auto parsed = Parsed::parse(text);
  if (parsed) return std::nullopt;
  return concat("this text is no ", what, ": ", parsed.error().message());
}

}  // namespace

void add_place_scalars(FunctionRegistry& registry) {
  registry.add(place_function<Zone, Boolean>(
      "within", [](const Zone& zone, Position point, Arena&) { return zone.covers(point); }));
  registry.add(place_function<Zone, Double>(
      "zone_distance",
      [](const Zone& zone, Position point, Arena&) { return zone.distance_m(point); }));
  registry.add(place_function<ZoneSet, Text>(
      "zone_at",
      [](const ZoneSet& zones, Position point, Arena& arena) -> std::optional<std::string_view> {
        const ZoneSet::Named* found = zones.find(point);
        if (found == nullptr) return std::nullopt;
        return arena.store(found->name);
      }));
}

std::optional<std::string> wrong_zone(std::string_view function, std::string_view text) {
  if (function == "within" || function == "zone_distance") return complaint<Zone>("zone", text);
  if (function == "zone_at") return complaint<ZoneSet>("set of zones", text);
  return std::nullopt;
}

}  // namespace sitrep::sql
