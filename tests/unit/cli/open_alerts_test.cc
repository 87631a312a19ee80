// SPDX-License-Identifier: Apache-2.0
#include "cli/open_alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/text.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TopicAlert record(const std::string& id, std::int64_t revision, const std::string& state,
                  const std::string& severity = "warning", Micros raised_at = 0) {
  TopicAlert alert;
  alert.id = id;
  alert.revision = revision;
  alert.state = state;
  alert.severity = severity;
  alert.raised_at = raised_at;
  return alert;
}

/// id.revision of each alert that is up.
std::vector<std::string> up(const OpenAlerts& alerts) {
  std::vector<std::string> names;
  for (const TopicAlert& alert : alerts.list()) {
    names.push_back(concat(alert.id, ".", alert.revision));
  }
  return names;
}

std::vector<std::string> up_after(const std::vector<TopicAlert>& records) {
  OpenAlerts alerts;
  for (const TopicAlert& record : records) alerts.take(record);
  return up(alerts);
}

TEST(OpenAlerts, last_record_of_an_alert_counts) {
  EXPECT_THAT(up_after({record("a", 1, "active"), record("b", 1, "active"),
                        record("a", 2, "suppressed"), record("b", 2, "cleared"),
                        record("c", 1, "active")}),
              ElementsAre("a.2", "c.1"));
}

TEST(OpenAlerts, order_and_repetition_of_the_records_do_not_matter) {
  const std::vector<TopicAlert> records = {
      record("a", 1, "active"), record("a", 2, "active"), record("a", 3, "cleared"),
      record("b", 1, "active"), record("b", 2, "suppressed")};
  std::vector<std::size_t> order = {0, 1, 2, 3, 4, 0, 4};
  std::ranges::sort(order);
  do {
    OpenAlerts alerts;
    for (const std::size_t i : order) alerts.take(records[i]);
    EXPECT_THAT(up(alerts), ElementsAre("b.2"));
  } while (std::ranges::next_permutation(order).found);
}

TEST(OpenAlerts, the_most_severe_and_oldest_come_first) {
  EXPECT_THAT(up_after({record("a", 1, "active", "info", 1),
                        record("b", 1, "active", "critical", 9),
                        record("c", 1, "active", "warning", 5),
                        record("d", 1, "suppressed", "critical", 3),
                        record("e", 1, "active", "warning", 5),
                        record("f", 1, "active", "warning", 4)}),
              ElementsAre("d.1", "b.1", "f.1", "c.1", "e.1", "a.1"));
}

TEST(OpenAlerts, only_so_many_that_ended_are_remembered) {
  OpenAlerts alerts;
  for (std::size_t i = 0; i <= OpenAlerts::kClearedMax; ++i) {
    alerts.take(record(concat(i), 2, "cleared"));
  }
  alerts.take(record("1", 1, "active"));
  EXPECT_THAT(up(alerts), IsEmpty());
  alerts.take(record("0", 1, "active"));  // the one forgotten
  EXPECT_THAT(up(alerts), ElementsAre("0.1"));
}

}  // namespace
}  // namespace sitrep
