// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace sitrep {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr Micros kNow = 1'700'000'000 * kMicrosPerSecond;

DemoFigures figures() {
  DemoFigures figures;
  figures.elapsed = 12 * kMicrosPerSecond;
  figures.brokers = "127.0.0.1:9";
  figures.alert_topics = {"camp.alerts"};
  figures.records_sent = 1234;
  figures.jobs = {{.job = "camp",
                   .ready = true,
                   .rows = 1200,
                   .rows_per_second = 100,
                   .late = 3,
                   .dead_letters = 4,
                   .lag = 0,
                   .watermark_behind = 1'100'000}};
  return figures;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(DemoView, alert_is_one_line_with_its_event_time) {
  EXPECT_EQ(render_alert({.alert = "overheating",
                          .key = "k",
                          .change = "raised",
                          .at = kNow,
                          .severity = "critical",
                          .text = "gen-2: 103 °C"}),
            "22:13:20 critical raised  overheating: gen-2: 103 °C");
}

TEST(DemoView, status_is_one_line) {
  EXPECT_EQ(render_status(figures(), DemoNews()),
            "status after 12 s: camp 100 rows/s, watermark 1.1 s behind; open alerts 0; "
            "row to result not measured yet");
}

TEST(DemoView, screen_fits_the_terminal) {
  DemoNews news;
  const auto lines = lines_of(render_screen(figures(), news, kNow, {.columns = 40, .lines = 6}));
  EXPECT_THAT(lines, SizeIs(6U));  // five lines, and what clears the rest
  const std::string wide = render_screen(figures(), news, kNow, {.columns = 100, .lines = 40});
  EXPECT_THAT(wide, HasSubstr("kcat -b 127.0.0.1:9 -C -q -t camp.alerts"));
  EXPECT_THAT(wide, HasSubstr("camp         100      1200     3             4      0  1.1 s"));
}

TEST(DemoView, newest_summaries_are_shortened_for_a_glance) {
  JobPlan plan;
  StreamPlan stream;
  SinkPlan sink;
  sink.topic = "camp.summary";
  stream.sinks.push_back(sink);
  plan.streams.push_back(stream);
  DemoNews news;
  news.watch(plan);
  news.take({"camp.summary", PartitionId(0)},
            {.offset = Offset(0),
             .timestamp = std::nullopt,
             .key = std::nullopt,
             .value = R"({"camp":"hill","window_start":"2026-01-01T10:15:00.000Z",)"
                      R"("window_end":"2026-01-01T10:15:10.000Z","n":5,"avg":1.23456,"x":null})",
             .headers = {}},
            kNow);
  EXPECT_THAT(render_screen(figures(), news, kNow, {.columns = 100, .lines = 40}),
              HasSubstr("  camp.summary: camp hill window_end 10:15:10 n 5 avg 1.23 x null"));
}

TEST(DemoView, summary_says_what_came_of_it) {
  const std::string text = render_summary(figures(), DemoNews(), 2'500'000, 64U << 20U);
  EXPECT_THAT(text, HasSubstr("records in         1234\n"));
  EXPECT_THAT(text, HasSubstr("rows               1200 (100 rows/s)\n"));
  EXPECT_THAT(text, HasSubstr("dead letters       4\n"));
  EXPECT_THAT(text, HasSubstr("late rows          3\n"));
  EXPECT_THAT(text, HasSubstr("0 raised, 0 cleared, 0 open, the first after 2.5 s\n"));
  EXPECT_THAT(text, HasSubstr("memory at most     64 MiB"));
}

TEST(DemoView, late_rows_of_alerts_are_not_counted_twice) {
  JobPlan plan;
  plan.spec.job.value = "camp";
  StreamPlan stream;
  stream.name = "summary";
  plan.streams.push_back(stream);
  MetricsRegistry metrics;
  metrics.counter("sitrep_late_rows_total", "", {{"stream", "summary"}}).add(2);
  metrics.counter("sitrep_late_rows_total", "", {{"stream", "an_alert"}}).add(2);
  metrics.counter("sitrep_rows_total", "", {{"partition", "0"}}).add(30);
  metrics.counter("sitrep_rows_total", "", {{"partition", "1"}}).add(20);
  JobFigures before;
  before.rows = 10;
  const JobFigures now = read_figures(plan, metrics, kNow, before, 2 * kMicrosPerSecond);
  EXPECT_EQ(now.late, 2U);
  EXPECT_EQ(now.rows, 50U);
  EXPECT_EQ(now.rows_per_second, 20);
  EXPECT_EQ(now.watermark_behind, std::nullopt);
}

}  // namespace
}  // namespace sitrep
