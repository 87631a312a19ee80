// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/zone.h"

#include <gtest/gtest.h>

#include "engine/base/text.h"

namespace sitrep::sql {
namespace {

std::string zone_error(std::string_view text) {
  const auto zone = Zone::parse(text);
  return zone ? "none" : zone.error().message();
}

std::string set_error(std::string_view text) {
  const auto zones = ZoneSet::parse(text);
  return zones ? "none" : zones.error().message();
}

TEST(Zone, reads_each_shape) {
  const auto polygon = Zone::parse("POLYGON((0 0, 10 0, 10 5, 0 5, 0 0), (1 1, 2 1, 2 2, 1 2))");
  ASSERT_TRUE(polygon.has_value());
  EXPECT_TRUE(polygon->covers({.longitude = 9, .latitude = 1}));
  EXPECT_FALSE(polygon->covers({.longitude = 1, .latitude = 9}));
  EXPECT_FALSE(polygon->covers({.longitude = 1.5, .latitude = 1.5}));
  const auto several = Zone::parse(
      "MULTIPOLYGON(((0 0, 1 0, 1 1)), ((5 5, 6 5, 6 6), (5.5 5.1, 5.8 5.2, 5.8 5.3)))");
  ASSERT_TRUE(several.has_value());
  EXPECT_TRUE(several->covers({.longitude = 0.9, .latitude = 0.1}));
  EXPECT_TRUE(several->covers({.longitude = 5.9, .latitude = 5.1}));
  EXPECT_FALSE(several->covers({.longitude = 5.79, .latitude = 5.25}));
  const auto circle = Zone::parse("CIRCLE(29.5 -10, 250.5)");
  ASSERT_TRUE(circle.has_value());
  EXPECT_TRUE(circle->covers({.longitude = 29.5, .latitude = -10.00225}));
  EXPECT_FALSE(circle->covers({.longitude = 29.5, .latitude = -10.00226}));
  EXPECT_NEAR(circle->distance_m({.longitude = 29.5, .latitude = -10.01}), 1111.951 - 250.5, 0.001);
}

TEST(Zone, blanks_and_the_case_of_words_do_not_matter) {
  EXPECT_EQ(zone_error("polygon((0 0,1 0,1 1))"), "none");
  EXPECT_EQ(zone_error("  Polygon ( ( 0\t0 , 1 0 ,\n1 1 ) ) \n"), "none");
  EXPECT_EQ(zone_error("POLYGON((-0.0 0e0, 1.0 -1e-3, 1 1))"), "none");
}

TEST(Zone, says_what_it_found_and_expected) {
  const std::string shapes =
      "POLYGON((lon lat, lon lat, lon lat)), MULTIPOLYGON(((…)), ((…))) or CIRCLE(lon lat, metres)";
  EXPECT_EQ(zone_error(""), "found its end, expected " + shapes);
  EXPECT_EQ(zone_error(" Juba"), "found 'Juba' at character 2, expected " + shapes);
  EXPECT_EQ(zone_error("POLIGON((0 0, 1 0, 1 1))"),
            "found 'POLIGON((0 0…' at character 1, expected " + shapes);
  EXPECT_EQ(zone_error("POLYGON(0 0, 1 0, 1 1)"),
            "found '0 0, 1 0, 1 …' at character 9, expected '('");
  EXPECT_EQ(zone_error("POLYGON((0 0, 1 0, x 1))"),
            "found 'x 1))' at character 20, expected a longitude");
  EXPECT_EQ(zone_error("POLYGON((0 0, 1, 1 1))"),
            "found ', 1 1))' at character 16, expected a latitude");
  EXPECT_EQ(zone_error("POLYGON((0 0 7, 1 0 7, 1 1 7))"),
            "found '7, 1 0 7, 1 …' at character 14, expected ',' or ')'");
  EXPECT_EQ(zone_error("POLYGON((0 0, 1 0, 1 1)"), "found its end, expected ',' or ')'");
  EXPECT_EQ(zone_error("POLYGON((0 0, 1 0, 1 1)) or so"),
            "found 'or so' at character 26, expected the end of the zone");
  EXPECT_EQ(zone_error("POLYGON((0 0, 1 0))"),
            "found a ring of 2 points at character 9, expected 3 or more");
  EXPECT_EQ(zone_error("POLYGON EMPTY"), "found 'EMPTY' at character 9, expected '('");
  EXPECT_EQ(zone_error("CIRCLE(1 2)"), "found ')' at character 11, expected ',' and metres");
  EXPECT_EQ(zone_error("CIRCLE(1 2, 3 km)"), "found 'km)' at character 15, expected ')'");
  EXPECT_EQ(zone_error("CIRCLE(1 2, 0)"), "found a circle of 0 metres, expected more than 0");
  EXPECT_EQ(zone_error("CIRCLE(1 2, nan)"), "found a circle of nan metres, expected more than 0");
  EXPECT_EQ(zone_error("POLYGON((0 0, 10 10, 10 0, 0 10))"),
            "the border of a polygon crosses itself");
}

TEST(Zone, latitude_and_longitude_in_the_wrong_order_are_told_where_that_shows) {
  EXPECT_EQ(zone_error("CIRCLE(14.6 120.98, 500)"),
            "found latitude 120.98 at character 8, expected a longitude from -180 to 180, then a "
            "latitude from -90 to 90");
  EXPECT_EQ(zone_error("POLYGON((0 0, 1 0, 181 1))"),
            "found longitude 181 at character 20, expected a longitude from -180 to 180, then a "
            "latitude from -90 to 90");
  EXPECT_EQ(zone_error("CIRCLE(nan 0, 500)").substr(0, 19), "found longitude nan");
}

TEST(Zone, a_text_has_a_limit) {
  std::string ring = "0 0";
  while (ring.size() < Zone::kTextBytesMax) ring += ", 0 0";
  EXPECT_EQ(zone_error(concat("POLYGON((", ring, "))")),
            concat("found ", ring.size() + 11, " bytes, expected at most 262144"));
}

TEST(ZoneSet, the_first_zone_that_has_the_point_is_the_answer) {
  const auto zones = ZoneSet::parse(
      "gate: CIRCLE(30 10, 100); motor pool:POLYGON((30 10, 30.01 10, 30.01 10.01, 30 10.01)) ;\n"
      "camp: POLYGON((29.9 9.9, 30.1 9.9, 30.1 10.1, 29.9 10.1));");
  ASSERT_TRUE(zones.has_value()) << zones.error().message();
  const auto name = [&](double longitude, double latitude) -> std::string {
    const auto* found = zones->find({.longitude = longitude, .latitude = latitude});
    return found == nullptr ? "none" : found->name;
  };
  EXPECT_EQ(name(30.0001, 10.0001), "gate");
  EXPECT_EQ(name(30.005, 10.005), "motor pool");
  EXPECT_EQ(name(29.95, 9.95), "camp");
  EXPECT_EQ(name(31, 10), "none");
}

TEST(ZoneSet, says_what_it_found_and_expected) {
  const std::string named =
      "a name and ':' before POLYGON((lon lat, lon lat, lon lat)), MULTIPOLYGON(((…)), ((…))) or "
      "CIRCLE(lon lat, metres)";
  EXPECT_EQ(set_error(""), "found its end, expected " + named);
  EXPECT_EQ(set_error("CIRCLE(1 2, 3)"), "found 'CIRCLE(1 2, …' at character 1, expected " + named);
  EXPECT_EQ(set_error("a: CIRCLE(1 2, 3); CIRCLE(1 2, 3)"),
            "found 'CIRCLE(1 2, …' at character 20, expected " + named);
  EXPECT_EQ(set_error(": CIRCLE(1 2, 3)"),
            "found ': CIRCLE(1 2…' at character 1, expected " + named);
  EXPECT_EQ(set_error("çà: CIRCLE(1 2, 3); là-bas près du marché"),
            "found 'là-bas près …' at character 21, expected " + named);
  EXPECT_EQ(set_error("a: CIRCLE(1 2, 3) b: CIRCLE(1 2, 3)"),
            "found 'b: CIRCLE(1 …' at character 19, expected ';' and the next zone, or the end");
  EXPECT_EQ(set_error("a: CIRCLE(1 2, 3); gate: CIRCLE(1 2, -3)"),
            "zone gate: found a circle of -3 metres, expected more than 0");
}

}  // namespace
}  // namespace sitrep::sql
