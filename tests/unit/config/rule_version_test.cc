// SPDX-License-Identifier: Apache-2.0
// A rule has another version exactly when it decides otherwise.
#include "config/rule_version.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "tests/unit/config/config_testing.h"

namespace sitrep {
namespace {

/// A line of an alert by its key, and with what it is written.
using Lines = std::map<std::string, std::string>;

const Lines kRaise = {{"from", "telemetry"},
                      {"key", "vehicle"},
                      {"parameters", "limits"},
                      {"raise", "speed > max_speed AND lag(speed) > 10"},
                      {"severity", "warning"},
                      {"text", "'{vehicle} at {speed}'"},
                      {"to", "{topic: alerts}"}};
const Lines kSilence = {{"from", "telemetry"},
                        {"key", "vehicle"},
                        {"silent_after", "10min"},
                        {"text", "'{vehicle}'"},
                        {"to", "{topic: alerts}"}};

std::optional<JobPlan> plan_of(const Lines& alert, const std::string& table = "topic: limits") {
  std::string text =
      "job: fleet\n"
      "kafka: {brokers: localhost}\n"
      "sources:\n"
      "  telemetry:\n"
      "    topic: telemetry\n"
      "    columns: {vehicle: {type: text, required: true}, kind: text, speed: double}\n"
      "    partitioned_by: [vehicle]\n"
      "  others:\n"
      "    topic: others\n"
      "    columns: {vehicle: {type: text, required: true}, kind: text, speed: double}\n"
      "    partitioned_by: [vehicle]\n"
      "tables:\n"
      "  limits: {" + table + ", columns: {kind: text, max_speed: double, speed: double},\n"
      "           key: kind, broadcast: true}\n"
      "  orders: {topic: orders, columns: {kind: text, max_speed: double},\n"
      "           key: kind, broadcast: true}\n"
      "alerts:\n  speeding:\n";
  for (const auto& [key, value] : alert) text += concat("    ", key, ": ", value, "\n");
  const ParseAttempt attempt = attempt_parse(text);
  EXPECT_EQ(attempt.errors, "");
  FunctionRegistry functions;
  sql::add_builtin_functions(functions);
  std::vector<ConfigError> errors;
  auto plan = plan_job(*attempt.job, functions, errors);
  EXPECT_EQ(to_string(errors), "");
  return plan;
}

std::string version_of(const Lines& alert) {
  const auto plan = plan_of(alert);
  return plan ? rule_version(*plan, plan->alerts.front()) : "";
}

Lines changed(Lines lines, const Lines& with) {
  for (const auto& [key, value] : with) lines[key] = value;
  return lines;
}

TEST(RuleVersion, is_eight_characters_and_stays_what_it_was) {
  // Of an earlier version of sitrep: records that were kept have it.
  EXPECT_EQ(version_of(kRaise), "7urebloa");
  EXPECT_EQ(version_of(kSilence), "7xtvzhw5");
}

class SameRule : public testing::TestWithParam<Lines> {};

TEST_P(SameRule, has_the_same_version) {
  EXPECT_EQ(version_of(changed(kRaise, GetParam())), version_of(kRaise));
}

INSTANTIATE_TEST_SUITE_P(
    RuleVersion, SameRule,
    testing::Values(Lines{{"raise", "speed > max_speed AND lag(speed) > 10  # why"}},
                    Lines{{"raise", "(  (speed) >max_speed /* why */) and LAG(speed)>10"}},
                    Lines{{"raise", "speed > limits.max_speed AND lag(speed) > 10"}},
                    Lines{{"clear", "NOT (speed > max_speed AND lag(speed) > 10)"}},
                    Lines{{"severity", "warning  # why"}}, Lines{{"key", "[vehicle]"}},
                    Lines{{"for", "0s"}, {"clear_for", "0s"}, {"order", "event"}},
                    Lines{{"text", "'too fast: {lag(max_speed)}'"}},
                    Lines{{"advice", "stop"}, {"group", "'{kind}'"}, {"labels", "{unit: 3 Coy}"}},
                    Lines{{"late", "{policy: drop}"}},
                    Lines{{"to", "{topic: told, format: alert.v1}"}}));

class AnotherRule : public testing::TestWithParam<Lines> {};

TEST_P(AnotherRule, has_another_version) {
  EXPECT_NE(version_of(changed(kRaise, GetParam())), version_of(kRaise));
}

INSTANTIATE_TEST_SUITE_P(
    RuleVersion, AnotherRule,
    testing::Values(Lines{{"from", "others"}}, Lines{{"key", "kind"}},
                    Lines{{"key", "[vehicle, kind]"}}, Lines{{"parameters", "orders"}},
                    Lines{{"raise", "speed > max_speed AND lag(speed) > 11"}},
                    Lines{{"raise", "speed >= max_speed AND lag(speed) > 10"}},
                    Lines{{"raise", "speed > max_speed AND lag(max_speed) > 10"}},
                    Lines{{"raise", "speed > max_speed AND lag(limits.speed) > 10"}},
                    Lines{{"raise", "limits.speed > max_speed AND lag(speed) > 10"}},
                    Lines{{"clear", "speed < 100"}}, Lines{{"for", "10s"}},
                    Lines{{"clear_for", "10s"}}, Lines{{"severity", "critical"}},
                    Lines{{"severity", "CASE WHEN speed > 130 THEN 'critical' END"}},
                    Lines{{"renotify_every", "10s"}}, Lines{{"expire_after", "10s"}}));

TEST(RuleVersion, settings_with_one_value_are_told_apart) {
  std::vector<std::string> versions = {version_of(kRaise), version_of(kSilence)};
  for (const char* const setting : {"for", "clear_for", "renotify_every", "expire_after"}) {
    versions.push_back(version_of(changed(kRaise, {{setting, "10min"}})));
  }
  versions.push_back(version_of(changed(kSilence, {{"silent_after", "11min"}})));
  const Lines plain = changed(kRaise, {{"raise", "speed > max_speed"}});
  versions.push_back(version_of(plain));
  versions.push_back(version_of(changed(plain, {{"order", "arrival"}})));
  std::ranges::sort(versions);
  EXPECT_EQ(std::ranges::adjacent_find(versions), versions.end());
}

TEST(AlertParameters, have_a_version_where_their_table_has_times) {
  const auto topic = plan_of(kRaise);
  ASSERT_TRUE(topic);
  const auto& since = topic->alerts.front().parameters->since;
  ASSERT_TRUE(since);
  EXPECT_EQ(topic->row_of(topic->alerts.front()).qualified().fields[*since].name,
            "limits._timestamp");
  const auto file = plan_of(kRaise, "file: limits.json");
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->alerts.front().parameters->since);
}

}  // namespace
}  // namespace sitrep
