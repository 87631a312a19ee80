// SPDX-License-Identifier: Apache-2.0
// What the functions of places cost per row. Zones are polygons with `range(0)` corners around 40
// camps; half of the points are in the polygon's box. From a column the text of each row lies at an
// address of its own, as a join with a table gives it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/function_registry.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"
#include "engine/sql/scalar_place.h"
#include "engine/sql/zone.h"

namespace sitrep::sql {
namespace {

constexpr std::size_t kBatchRows = 4096;
constexpr std::size_t kCamps = 40;

Position camp_centre(std::size_t camp) {
  return {.longitude = 24 + 0.25 * static_cast<double>(camp % 8),
          .latitude = 4 + 0.25 * static_cast<double>(camp / 8)};
}

/// About a kilometre across, with six digits as maps give them.
std::string polygon_text(std::size_t camp, std::int64_t corners) {
  const Position centre = camp_centre(camp);
  std::vector<std::string> points;
  for (std::int64_t i = 0; i < corners; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(corners);
    const double angle = 2 * std::numbers::pi * part;
    const auto rounded = [](double degrees) { return std::round(degrees * 1e6) / 1e6; };
    points.push_back(concat(rounded(centre.longitude + 0.005 * std::cos(angle)), " ",
                            rounded(centre.latitude + 0.005 * std::sin(angle))));
  }
  return concat("POLYGON((", join(points, ", "), "))");
}

struct Rows {
  Column latitudes{Type::kDouble};
  Column longitudes{Type::kDouble};
  Column zones{Type::kText};
  Arena arena;
};

/// `camp_of(row)` says around which camp a row is, `zone_of(row)` what its zone is.
template <typename CampOf, typename ZoneOf>
std::unique_ptr<Rows> make_rows(CampOf camp_of, ZoneOf zone_of) {
  auto rows = std::make_unique<Rows>();
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> near(-0.00707, 0.00707);
  for (std::size_t row = 0; row < kBatchRows; ++row) {
    const Position centre = camp_centre(camp_of(row));
    rows->latitudes.append_double(centre.latitude + near(random));
    rows->longitudes.append_double(centre.longitude + near(random));
    rows->zones.append_text(zone_of(row, rows->arena));
  }
  return rows;
}

std::unique_ptr<Rows> rows_of_a_literal(std::string_view zone) {
  return make_rows([](std::size_t) { return 0; },
                   [&](std::size_t, Arena&) { return zone; });
}

std::unique_ptr<Rows> rows_of_a_column(const std::vector<std::string>& zones) {
  const auto camp_of = [](std::size_t row) { return row * 7 % kCamps; };
  return make_rows(camp_of, [&](std::size_t row, Arena& arena) {
    return arena.store(zones[camp_of(row)]);
  });
}

void run(benchmark::State& state, std::string_view name, const Rows& rows) {
  FunctionRegistry functions;
  add_place_scalars(functions);
  const std::array<Type, 3> types = {Type::kDouble, Type::kDouble, Type::kText};
  const auto function = functions.scalar(name)->make(types);
  ENSURE(function.has_value(), "the function takes these types");
  const std::array<const Column*, 3> arguments = {&rows.latitudes, &rows.longitudes, &rows.zones};
  const Selection selection(kBatchRows);
  Column out((*function)->result_type(), kBatchRows);
  Arena arena;
  for (auto _ : state) {
    std::fill(out.nulls().begin(), out.nulls().end(), std::uint8_t{0});
    const std::size_t errors = (*function)->evaluate(
        {.arguments = arguments, .selection = selection, .arena = arena}, out);
    ENSURE(errors == 0, "every row is computed");
    arena.clear();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatchRows));
}

void within_literal(benchmark::State& state) {
  const std::string zone = polygon_text(0, state.range(0));
  run(state, "within", *rows_of_a_literal(zone));
}
BENCHMARK(within_literal)->Arg(4)->Arg(64);

void within_literal_circle(benchmark::State& state) {
  run(state, "within", *rows_of_a_literal("CIRCLE(24 4, 500)"));
}
BENCHMARK(within_literal_circle);

void within_column_of_40(benchmark::State& state) {
  std::vector<std::string> zones;
  for (std::size_t camp = 0; camp < kCamps; ++camp) {
    zones.push_back(polygon_text(camp, state.range(0)));
  }
  run(state, "within", *rows_of_a_column(zones));
}
BENCHMARK(within_column_of_40)->Arg(4)->Arg(64);

void zone_distance_literal(benchmark::State& state) {
  const std::string zone = polygon_text(0, state.range(0));
  run(state, "zone_distance", *rows_of_a_literal(zone));
}
BENCHMARK(zone_distance_literal)->Arg(4)->Arg(64);

/// One set of all 40 zones, rows around all camps.
void zone_at_of_40(benchmark::State& state) {
  std::vector<std::string> named;
  for (std::size_t camp = 0; camp < kCamps; ++camp) {
    named.push_back(concat("camp ", camp, ": ", polygon_text(camp, state.range(0))));
  }
  const std::string zones = join(named, "; ");
  run(state, "zone_at",
      *make_rows([](std::size_t row) { return row * 7 % kCamps; },
                 [&](std::size_t, Arena&) { return std::string_view(zones); }));
}
BENCHMARK(zone_at_of_40)->Arg(4)->Arg(64);

/// What a text costs that was not seen before.
void parse(benchmark::State& state) {
  const std::string zone = polygon_text(0, state.range(0));
  for (auto _ : state) {
    const auto parsed = Zone::parse(zone);
    ENSURE(parsed.has_value(), "the zone is one");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse)->Arg(4)->Arg(64);

}  // namespace
}  // namespace sitrep::sql
