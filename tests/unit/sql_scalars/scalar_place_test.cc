// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scalar_place.h"

#include <limits>

#include "tests/unit/sql_scalars/scalars_testing.h"

namespace sitrep::sql {
namespace {

const Argument kSquare = text("POLYGON((29 9, 30 9, 30 10, 29 10))");
const Argument kZones = text("gate: CIRCLE(29 9, 1000); camp: POLYGON((29 9, 30 9, 30 10, 29 10))");

TEST(Within, takes_latitude_before_longitude) {
  expect_all({{"within", {real(9.5), real(29.5), kSquare}, "true"},
              {"within", {real(29.5), real(9.5), kSquare}, "false"},
              {"within", {real(10), real(29.5), kSquare}, "true"},
              {"within", {real(10.001), real(29.5), kSquare}, "false"}});
}

TEST(ZoneAt, is_a_name_or_null) {
  expect_all({{"zone_at", {real(9.001), real(29.001), kZones}, "'gate'"},
              {"zone_at", {real(9.5), real(29.5), kZones}, "'camp'"},
              {"zone_at", {real(9.5), real(30.5), kZones}, "null"}});
}

TEST(ZoneDistance, is_0_inside) {
  expect_all({{"zone_distance", {real(9.5), real(29.5), kSquare}, "0"},
              {"zone_distance", {real(10), real(30), kSquare}, "0"}});
  // A hundredth of a degree of latitude.
  const auto metres = call("zone_distance", {real(10.01), real(29.5), kSquare});
  EXPECT_NEAR(std::stod(metres), 1111.951, 0.001);
}

TEST(PlaceFunction, null_arguments_give_null) {
  const Argument none = null(Type::kDouble);
  for (const char* name : {"within", "zone_at", "zone_distance"}) {
    EXPECT_EQ(call(name, {none, real(1), kSquare}), "null") << name;
    EXPECT_EQ(call(name, {real(1), none, kSquare}), "null") << name;
    EXPECT_EQ(call(name, {real(1), real(1), null(Type::kText)}), "null") << name;
  }
}

TEST(PlaceFunction, a_bad_text_or_place_cannot_be_computed) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  expect_all({{"within", {real(1), real(1), text("Juba")}, "error"},
              {"within", {real(1), real(1), text("")}, "error"},
              {"zone_at", {real(9.5), real(29.5), text("")}, "error"},
              // One bad zone, and there is no set.
              {"zone_at", {real(9.5), real(29.5), text("a: CIRCLE(29.5 9.5, 9); b: x")}, "error"},
              {"zone_distance", {real(1), real(1), text("CIRCLE(1 1, -1)")}, "error"},
              {"within", {real(90.1), real(1), kSquare}, "error"},
              {"within", {real(1), real(-180.1), kSquare}, "error"},
              {"zone_distance", {real(kNan), real(1), kSquare}, "error"}});
}

TEST(PlaceFunction, a_column_of_zones_is_read_row_by_row) {
  Column latitudes(Type::kDouble);
  Column longitudes(Type::kDouble);
  Column zones(Type::kText);
  const std::string near = "CIRCLE(0 0, 1000)";
  const std::string far = "CIRCLE(0 1, 1000)";
  // Two texts of one zone at other addresses, and two zones at one address with other lengths.
  const std::string copy = near;
  const std::string longer = "CIRCLE(0 1, 1000) or so";
  for (const std::string_view zone :
       {std::string_view(near), std::string_view(far), std::string_view(copy),
        std::string_view(longer).substr(0, 17), std::string_view(longer), std::string_view(near)}) {
    latitudes.append_double(0);
    longitudes.append_double(0);
    zones.append_text(zone);
  }
  const auto function = make_scalar("within", {Type::kDouble, Type::kDouble, Type::kText});
  ASSERT_TRUE(function.has_value());
  Column out(Type::kBoolean, 6);
  const std::vector<const Column*> arguments = {&latitudes, &longitudes, &zones};
  const Selection selection(6);
  Arena arena;
  EXPECT_EQ((*function)->evaluate(
                {.arguments = arguments, .selection = selection, .arena = arena}, out),
            1u);
  EXPECT_EQ(std::vector<std::uint8_t>(out.booleans().begin(), out.booleans().end()),
            (std::vector<std::uint8_t>{1, 0, 1, 0, 0, 1}));
  EXPECT_EQ(std::vector<std::uint8_t>(out.nulls().begin(), out.nulls().end()),
            (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 0}));
}

TEST(PlaceFunction, an_address_with_another_text_in_the_next_batch_is_read_anew) {
  std::string zone = "CIRCLE(0 0, 1000)";
  const auto inside = [&] { return call("within", {real(0), real(0), text(zone)}); };
  EXPECT_EQ(inside(), "true");
  zone = "CIRCLE(0 1, 1000)";
  EXPECT_EQ(inside(), "false");
}

TEST(WrongZone, is_said_of_the_argument_that_the_function_takes) {
  EXPECT_EQ(wrong_zone("within", "CIRCLE(1 2, 3)"), std::nullopt);
  EXPECT_EQ(wrong_zone("zone_distance", "CIRCLE(1 2, 0)"),
            "this text is no zone: found a circle of 0 metres, expected more than 0");
  EXPECT_EQ(wrong_zone("zone_at", "a: CIRCLE(1 2, 3)"), std::nullopt);
  EXPECT_EQ(wrong_zone("zone_at", "a: CIRCLE(1 2, 0)"),
            "this text is no set of zones: zone a: found a circle of 0 metres, expected more than "
            "0");
  EXPECT_EQ(wrong_zone("replace", "x"), std::nullopt);
}

}  // namespace
}  // namespace sitrep::sql
