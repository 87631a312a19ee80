// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_news.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/data/time_text.h"

namespace sitrep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr Micros kNow = 1'700'000'000 * kMicrosPerSecond;

SinkPlan sink(const std::string& topic) {
  SinkPlan plan;
  plan.topic = topic;
  return plan;
}

JobPlan plan() {
  JobPlan plan;
  AlertPlan alert;
  alert.sinks.push_back(sink("x.alerts"));
  plan.alerts.push_back(alert);
  StreamPlan summary;
  summary.output.fields = {{"n", Type::kBigint}};
  summary.sinks.push_back(sink("x.summary"));
  plan.streams.push_back(summary);
  StreamPlan passed_on;
  passed_on.output.fields = {{"received_at", Type::kTimestamp}};
  passed_on.sinks.push_back(sink("x.events"));
  plan.streams.push_back(passed_on);
  return plan;
}

DemoNews watching() {
  DemoNews news;
  news.watch(plan());
  return news;
}

std::optional<AlertNews> take(DemoNews& news, const std::string& topic, const std::string& value,
                              Micros now = kNow) {
  return news.take({topic, PartitionId(0)},
                   {.offset = Offset(0),
                    .timestamp = now,
                    .key = std::nullopt,
                    .value = value,
                    .headers = {}},
                   now);
}

std::string alert(const std::string& change, const std::string& key) {
  return R"({"id":"abc","revision":1,"alert":"hot","key":")" + key +
         R"(","state":"active","change":")" + change +
         R"(","at":"2026-01-01T10:15:04.000Z","since":null,"raised_at":null,)" +
         R"("severity":"critical","text":"gen is hot"})";
}

TEST(DemoNews, knows_the_topics_of_a_job) {
  EXPECT_THAT(watching().topics(), ElementsAre("x.alerts", "x.events", "x.summary"));
}

TEST(DemoNews, reads_records_of_alert_v1_and_no_cap) {
  JobPlan job;
  AlertPlan rule;
  rule.sinks = {sink("x.records"), sink("x.cap")};
  rule.sinks[0].format = SinkFormat::kAlert;
  rule.sinks[1].format = SinkFormat::kCap;
  job.alerts.push_back(rule);
  DemoNews news;
  news.watch(job);
  EXPECT_THAT(news.topics(), ElementsAre("x.records"));
  const auto raised = take(news, "x.records",
                           R"({"schema":"alert.v1","alert":"hot","key":"gen-1","change":"raised",)"
                           R"("at":"2026-01-01T10:15:04.000Z","severity":"critical",)"
                           R"("text":"gen is hot","labels":{"unit":"3 Coy"}})");
  ASSERT_TRUE(raised);
  EXPECT_EQ(raised->text, "gen is hot");
}

TEST(DemoNews, raised_alert_is_open_until_it_is_cleared) {
  DemoNews news = watching();
  const auto raised = take(news, "x.alerts", alert("raised", "gen-1"));
  ASSERT_TRUE(raised);
  EXPECT_EQ(raised->text, "gen is hot");
  EXPECT_EQ(format_timestamp(raised->at), "2026-01-01T10:15:04.000Z");
  take(news, "x.alerts", alert("raised", "gen-2"));
  take(news, "x.alerts", alert("cleared", "gen-1"), kNow + 1);
  ASSERT_EQ(news.open().size(), 1U);
  EXPECT_EQ(news.open().begin()->first, DemoNews::AlertKey("hot", "gen-2"));
  EXPECT_EQ(news.raised(), 2U);
  EXPECT_EQ(news.cleared(), 1U);
  EXPECT_EQ(news.newest().front().change, "cleared");
}

TEST(DemoNews, an_updated_alert_stays_open) {
  DemoNews news = watching();
  take(news, "x.alerts", alert("raised", "gen-1"));
  take(news, "x.alerts", alert("updated", "gen-1"));
  EXPECT_EQ(news.open().at({"hot", "gen-1"}).change, "updated");
  EXPECT_EQ(news.raised(), 1U);
  EXPECT_EQ(news.cleared(), 0U);
}

TEST(DemoNews, keeps_the_newest_summary_of_each_topic) {
  DemoNews news = watching();
  take(news, "x.summary", R"({"n":1})");
  take(news, "x.summary", R"({"n":2})");
  EXPECT_THAT(news.summaries(), ElementsAre(Pair("x.summary", R"({"n":2})")));
}

TEST(DemoNews, latency_is_from_receipt_to_reading_and_leaves_history_out) {
  DemoNews news = watching();
  const auto event = [&](Micros received, Micros now) {
    take(news, "x.events", R"({"received_at":")" + format_timestamp(received) + "\"}", now);
  };
  event(kNow, kNow + 7 * kMicrosPerMilli);
  EXPECT_EQ(news.latency(0.5), std::nullopt);  // not measuring yet
  news.measure_from(kNow);
  event(kNow - kMicrosPerSecond, kNow);
  EXPECT_EQ(news.latency(0.5), std::nullopt);
  for (int i = 1; i <= 100; ++i) event(kNow, kNow + i * kMicrosPerMilli);
  EXPECT_EQ(news.latency(0.5), 50 * kMicrosPerMilli);
  EXPECT_EQ(news.latency(0.99), 99 * kMicrosPerMilli);
}

TEST(DemoNews, what_is_no_alert_changes_nothing) {
  DemoNews news = watching();
  EXPECT_FALSE(take(news, "x.alerts", "not json"));
  EXPECT_THAT(news.open(), IsEmpty());
}

}  // namespace
}  // namespace sitrep
