// SPDX-License-Identifier: Apache-2.0
#include "cli/tail_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <utility>

namespace sitrep {
namespace {

constexpr Micros kNow = 1'767'268'800 * kMicrosPerSecond;  // 2026-01-01T12:00:00Z

std::string fuel(int revision, const std::string& state, const std::string& change,
                 const std::string& severity = "warning", const std::string& key = "gen-1") {
  return R"({"id":")" + key + R"(","revision":)" + std::to_string(revision) +
         R"(,"alert":"fuel_low","key":")" + key + R"(","group":"CAMP-03","state":")" + state +
         R"(","change":")" + change + R"(","at":"2026-01-01T11:59:30Z",)" +
         R"("raised_at":"2026-01-01T11:56:00Z","severity":")" + severity + R"(","text":"6 %"})";
}

class TailViewTest : public testing::Test {
 protected:
  void start(TailViewOptions options) { view_.emplace(std::move(options), out_, notes_); }
  void take(std::string_view value) {
    view_->take(PartitionId(0),
                {.offset = Offset(7), .timestamp = std::nullopt, .key = "k", .value = value,
                 .headers = {}},
                kNow);
  }

  std::ostringstream out_;
  std::ostringstream notes_;
  std::optional<TailView> view_;
};

TEST_F(TailViewTest, alerts_are_lines_and_other_records_what_they_are) {
  start({});
  take(fuel(1, "active", "raised"));
  take("{\"speed\":\x1b}");
  EXPECT_EQ(out_.str(),
            "warning   11:59:30   4 min  raised   fuel_low  gen-1   CAMP-03  6 %\n"
            "0:7\tk\t{\"speed\":\\x1b}\n");
  EXPECT_EQ(view_->shown(), 2U);
}

TEST_F(TailViewTest, raw_shows_alerts_as_records_too) {
  start({.raw = true});
  take(fuel(1, "active", "raised"));
  EXPECT_EQ(out_.str(), "0:7\tk\t" + fuel(1, "active", "raised") + "\n");
}

TEST_F(TailViewTest, filter_hides_other_records_and_holds_for_raw_ones) {
  start({.raw = true, .filter = {.severity = "critical"}});
  take("no alert");
  take(fuel(1, "active", "raised"));
  take(fuel(2, "active", "updated", "critical"));
  EXPECT_EQ(out_.str(), "0:7\tk\t" + fuel(2, "active", "updated", "critical") + "\n");
  EXPECT_EQ(view_->shown(), 1U);
}

TEST_F(TailViewTest, active_lists_what_is_up_and_goes_on_with_changes) {
  start({.active = true});
  take(fuel(1, "active", "raised", "warning", "gen-1"));
  take(fuel(1, "active", "raised", "critical", "gen-22"));
  take("no alert");
  take(fuel(2, "suppressed", "suppressed", "warning", "gen-1"));
  take(fuel(1, "active", "raised", "critical", "gen-3"));
  take(fuel(2, "cleared", "cleared", "critical", "gen-3"));
  EXPECT_EQ(out_.str(), "");
  EXPECT_FALSE(view_->listed());
  view_->list(kNow);
  EXPECT_TRUE(view_->listed());
  EXPECT_EQ(notes_.str(), "2 alerts are up: 1 critical, 1 warning; 1 suppressed\n");
  EXPECT_EQ(out_.str(),
            "critical  11:59:30   4 min  raised      fuel_low  gen-22  CAMP-03  6 %\n"
            "warning   11:59:30   4 min  suppressed  fuel_low  gen-1   CAMP-03  6 %\n");
  EXPECT_EQ(view_->shown(), 0U);
  out_.str("");
  take("no alert");
  take(fuel(2, "cleared", "cleared", "critical", "gen-22"));
  EXPECT_EQ(out_.str(), "critical  11:59:30   3 min  cleared     fuel_low  gen-22  CAMP-03  6 %\n");
  EXPECT_EQ(view_->shown(), 1U);
}

TEST_F(TailViewTest, filter_judges_the_last_record_of_an_alert) {
  start({.active = true, .filter = {.severity = "critical"}});
  take(fuel(1, "active", "raised", "critical", "gen-1"));
  take(fuel(2, "active", "updated", "info", "gen-1"));
  take(fuel(1, "active", "raised", "warning", "gen-2"));
  take(fuel(2, "active", "updated", "critical", "gen-2"));
  view_->list(kNow);
  EXPECT_EQ(out_.str(), "critical  11:59:30   4 min  updated  fuel_low  gen-2   CAMP-03  6 %\n");
  EXPECT_EQ(notes_.str(), "1 alert is up: 1 critical; 1 other is not shown\n");
}

TEST_F(TailViewTest, nothing_up_is_said_too) {
  start({.active = true});
  view_->list(kNow);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(notes_.str(), "no alerts are up\n");
}

TEST_F(TailViewTest, lines_follow_the_size_of_the_terminal) {
  start({});
  view_->set_columns(40);
  take(fuel(1, "active", "raised"));
  view_->set_columns(30);
  take(fuel(1, "active", "raised"));
  EXPECT_EQ(out_.str(), "warning   11:59:30   4 min  raised   fu…\n"
                        "warning   11:59:30   4 min  r…\n");
}

TEST(FormatRecord, shows_what_is_absent_and_what_would_break_the_line) {
  const HeaderView headers[] = {{"reason", "range"}, {"empty", std::nullopt}};
  EXPECT_EQ(format_record(PartitionId(2), {.offset = Offset(17),
                                           .timestamp = std::nullopt,
                                           .key = std::nullopt,
                                           .value = "a\nb\tc °C",
                                           .headers = headers}),
            "2:17\t-\ta\\x0ab\\x09c °C\treason=range empty=-");
}

TEST(FormatRecord, strangers_cannot_touch_the_terminal) {
  const HeaderView headers[] = {{"\u202en", "\x1b[m"}};
  EXPECT_EQ(format_record(PartitionId(0), {.offset = Offset(1),
                                           .timestamp = std::nullopt,
                                           .key = "\xff",
                                           .value = "\u009b2J",
                                           .headers = headers}),
            "0:1\t\\xff\t\\u009b2J\t\\u202en=\\x1b[m");
}

}  // namespace
}  // namespace sitrep
