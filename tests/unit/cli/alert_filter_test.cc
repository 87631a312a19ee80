// SPDX-License-Identifier: Apache-2.0
#include "cli/alert_filter.h"

#include <gtest/gtest.h>

namespace sitrep {
namespace {

TopicAlert fuel() {
  TopicAlert alert;
  alert.alert = "fuel_low";
  alert.key = "north-gen-2";
  alert.group = "CAMP-03";
  alert.state = "active";
  alert.severity = "warning";
  alert.text = "Öl und Diesel: 6 % left";
  return alert;
}

TEST(AlertFilter, without_wishes_everything_passes) {
  EXPECT_TRUE(AlertFilter{}.is_empty());
  EXPECT_TRUE(AlertFilter{}.passes(fuel()));
}

TEST(AlertFilter, severity_means_this_and_above) {
  EXPECT_TRUE(AlertFilter{.severity = "info"}.passes(fuel()));
  EXPECT_TRUE(AlertFilter{.severity = "warning"}.passes(fuel()));
  EXPECT_FALSE(AlertFilter{.severity = "critical"}.passes(fuel()));
  EXPECT_FALSE(AlertFilter{.severity = "info"}.is_empty());
}

TEST(AlertFilter, a_severity_that_nobody_knows_is_not_missed) {
  TopicAlert alert = fuel();
  alert.severity = "fatal";
  EXPECT_TRUE(AlertFilter{.severity = "critical"}.passes(alert));
}

TEST(AlertFilter, state_group_and_name_are_exact) {
  EXPECT_TRUE(AlertFilter{.state = "active"}.passes(fuel()));
  EXPECT_FALSE(AlertFilter{.state = "cleared"}.passes(fuel()));
  EXPECT_TRUE((AlertFilter{.groups = {"CAMP-01", "CAMP-03"}}.passes(fuel())));
  EXPECT_FALSE((AlertFilter{.groups = {"CAMP-01", "CAMP-033"}}.passes(fuel())));
  EXPECT_FALSE((AlertFilter{.groups = {"camp-03"}}.passes(fuel())));
  EXPECT_TRUE((AlertFilter{.alerts = {"fuel_low"}}.passes(fuel())));
  EXPECT_FALSE((AlertFilter{.alerts = {"fuel"}}.passes(fuel())));
}

TEST(AlertFilter, words_are_found_in_text_name_or_key_in_any_case) {
  EXPECT_TRUE(AlertFilter{.text = "diesel: 6"}.passes(fuel()));
  EXPECT_TRUE(AlertFilter{.text = "öl UND"}.passes(fuel()));
  EXPECT_TRUE(AlertFilter{.text = "FUEL_"}.passes(fuel()));
  EXPECT_TRUE(AlertFilter{.text = "North-Gen"}.passes(fuel()));
  EXPECT_FALSE(AlertFilter{.text = "CAMP-03"}.passes(fuel()));
  EXPECT_FALSE(AlertFilter{.text = "diesel  6"}.passes(fuel()));
}

TEST(AlertFilter, every_wish_counts) {
  AlertFilter filter{.severity = "warning", .state = "active", .groups = {"CAMP-03"},
                     .alerts = {"fuel_low"}, .text = "left"};
  EXPECT_TRUE(filter.passes(fuel()));
  filter.text = "right";
  EXPECT_FALSE(filter.passes(fuel()));
}

}  // namespace
}  // namespace sitrep
