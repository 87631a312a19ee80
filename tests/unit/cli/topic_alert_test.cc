// SPDX-License-Identifier: Apache-2.0
#include "cli/topic_alert.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sitrep {
namespace {

constexpr Micros kAt = 1'767'268'800 * kMicrosPerSecond;  // 2026-01-01T12:00:00Z

std::optional<TopicAlert> read(std::optional<std::string_view> value) {
  return TopicAlertReader().read({.offset = Offset(0),
                                  .timestamp = std::nullopt,
                                  .key = std::nullopt,
                                  .value = value,
                                  .headers = {}});
}

TEST(TopicAlertReader, reads_every_column_that_is_shown) {
  const auto alert = read(
      R"({"id":"x1","revision":3,"alert":"hot","key":"gen-1","group":"CAMP-03",)"
      R"("state":"suppressed","change":"suppressed","at":"2026-01-01T12:00:00.000Z","since":null,)"
      R"("raised_at":"2026-01-01T11:59:00.000Z","severity":"critical","text":"103 °C",)"
      R"("advice":"switch it off","labels":"{\"unit\":\"3 Coy\"}","by":"power_outage",)"
      R"("rule_version":"4f","more":[1,{"a":2}]})");
  ASSERT_TRUE(alert);
  EXPECT_EQ(alert->id, "x1");
  EXPECT_EQ(alert->revision, 3);
  EXPECT_EQ(alert->alert, "hot");
  EXPECT_EQ(alert->key, "gen-1");
  EXPECT_EQ(alert->group, "CAMP-03");
  EXPECT_EQ(alert->state, "suppressed");
  EXPECT_EQ(alert->change, "suppressed");
  EXPECT_EQ(alert->at, kAt);
  EXPECT_EQ(alert->raised_at, kAt - 60 * kMicrosPerSecond);
  EXPECT_EQ(alert->severity, "critical");
  EXPECT_EQ(alert->text, "103 °C");
  EXPECT_EQ(alert->advice, "switch it off");
  EXPECT_EQ(alert->by, "power_outage");
}

TEST(TopicAlertReader, takes_times_in_milliseconds) {
  const auto alert = read(
      R"({"id":"x","alert":"hot","state":"cleared","change":"cleared","severity":"info",)"
      R"("at":1767268800000,"raised_at":1767268740000})");
  ASSERT_TRUE(alert);
  EXPECT_EQ(alert->at, kAt);
  EXPECT_EQ(alert->raised_at, kAt - 60 * kMicrosPerSecond);
}

TEST(TopicAlertReader, a_raise_is_raised_at_its_own_time) {
  const auto raised = read(
      R"({"id":"x","alert":"hot","state":"active","change":"raised","severity":"info",)"
      R"("at":"2026-01-01T12:00:00Z","raised_at":null})");
  ASSERT_TRUE(raised);
  EXPECT_EQ(raised->raised_at, kAt);
  const auto updated = read(
      R"({"id":"x","alert":"hot","state":"active","change":"updated","severity":"info",)"
      R"("at":"2026-01-01T12:00:00Z"})");
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->raised_at, std::nullopt);
}

TEST(TopicAlertReader, a_key_of_several_columns_is_read_as_people_say_it) {
  const auto key = [](const std::string& json) {
    return read(R"({"id":"x","alert":"a","state":"active","change":"raised","severity":"info",)"
                R"("at":1,"key":)" + json + "}")
        ->key;
  };
  EXPECT_EQ(key(R"("[\"river\",\"gen-1\",3]")"), "river,gen-1,3");
  EXPECT_EQ(key(R"("[\"a\\\\b\"]")"), R"(["a\\b"])");
  EXPECT_EQ(key(R"("[plain")"), "[plain");
  EXPECT_EQ(key("null"), "");
}

TEST(TopicAlertReader, other_records_are_no_alerts) {
  const std::vector<std::string> others = {
      "",
      "null",
      "17",
      "[]",
      R"({"id":"x","alert":"hot","state":"active","change":"raised","severity":"info"})",
      R"({"id":7,"alert":"hot","state":"active","change":"raised","severity":"info","at":1})",
      R"({"id":"x","alert":"hot","state":null,"change":"raised","severity":"info","at":1})",
      R"({"id":"x","alert":"hot","state":"active","change":"raised","severity":"info","at":"n"})",
      R"({"id":"x","alert":"hot","state":"active","change":"raised","severity":"info","at":1)",
      "{\"id\":\"\xff\",\"alert\":\"hot\",\"state\":\"active\",\"change\":\"raised\","
      "\"severity\":\"info\",\"at\":1}"};
  for (const std::string& other : others) EXPECT_FALSE(read(other)) << other;
  EXPECT_FALSE(read(std::nullopt));
}

TEST(TopicAlertReader, severities_have_an_order) {
  EXPECT_LT(severity_rank("info"), severity_rank("warning"));
  EXPECT_LT(severity_rank("warning"), severity_rank("critical"));
  EXPECT_LT(severity_rank("critical"), severity_rank("apocalyptic"));
}

}  // namespace
}  // namespace sitrep
