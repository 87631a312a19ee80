// SPDX-License-Identifier: Apache-2.0
#include "cli/alert_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/terminal.h"

namespace sitrep {
namespace {

using testing::Each;
using testing::Le;

constexpr Micros kSecond = kMicrosPerSecond;
constexpr Micros kMinute = 60 * kSecond;
constexpr Micros kHour = 60 * kMinute;
constexpr Micros kDay = 24 * kHour;
constexpr Micros kNow = 1'767'268'800 * kSecond;  // 2026-01-01T12:00:00Z

TopicAlert overheating() {
  return {.id = "x",
          .revision = 1,
          .alert = "overheating",
          .key = "north-gen-2",
          .group = "CAMP-03",
          .state = "active",
          .change = "raised",
          .at = kNow - 12 * kSecond,
          .raised_at = kNow - 12 * kSecond,
          .severity = "critical",
          .text = "north-gen-2: coolant at 103.1 °C",
          .advice = "switch it off, let it cool",
          .by = ""};
}

TopicAlert changed(const std::string& state, const std::string& change) {
  TopicAlert alert = overheating();
  alert.state = state;
  alert.change = change;
  alert.at = kNow - 2 * kSecond;
  return alert;
}

std::string line(const TopicAlert& alert, const AlertLineOptions& options = {}) {
  return format_alert(alert, kNow, widen({}, alert, kNow), options);
}

TEST(AlertLine, says_everything_in_one_line) {
  EXPECT_EQ(line(overheating()),
            "critical  11:59:48    12 s  raised   overheating  north-gen-2  CAMP-03  "
            "north-gen-2: coolant at 103.1 °C");
}

TEST(AlertLine, age_of_a_cleared_one_is_how_long_it_was_up) {
  EXPECT_EQ(line(changed("cleared", "cleared")),
            "critical  11:59:58    10 s  cleared  overheating  north-gen-2  CAMP-03  "
            "north-gen-2: coolant at 103.1 °C");
}

TEST(AlertLine, state_is_said_where_the_change_does_not_tell_it) {
  const auto change = [](const std::string& state, const std::string& name) {
    const std::string text = line(changed(state, name));
    const std::size_t begin = text.find("12 s  ") + 6;
    return text.substr(begin, text.find("  ", begin) - begin);
  };
  EXPECT_EQ(change("active", "updated"), "updated");
  EXPECT_EQ(change("active", "renotified"), "renotified");
  EXPECT_EQ(change("active", "acknowledged"), "acknowledged");
  EXPECT_EQ(change("suppressed", "suppressed"), "suppressed");
  EXPECT_EQ(change("suppressed", "shelved"), "shelved");
  EXPECT_EQ(change("suppressed", "updated"), "updated (suppressed)");
  EXPECT_EQ(change("suppressed", "acknowledged"), "acknowledged (suppressed)");
  EXPECT_EQ(change("shelved", "put aside"), "put aside (shelved)");
}

TEST(AlertLine, expired_is_cleared) {
  EXPECT_THAT(line(changed("cleared", "expired")), testing::HasSubstr("10 s  expired  over"));
}

TEST(AlertLine, who_did_it_is_behind_the_text) {
  TopicAlert alert = changed("active", "acknowledged");
  alert.by = "Sgt \x1b[2JDoe";
  EXPECT_THAT(line(alert), testing::EndsWith("coolant at 103.1 °C (by Sgt \\x1b[2JDoe)"));
}

TEST(AlertLine, what_is_absent_leaves_its_column) {
  TopicAlert alert = overheating();
  alert.key = alert.group = alert.text = "";
  alert.raised_at = std::nullopt;
  EXPECT_EQ(line(alert), "critical  11:59:48       -  raised   overheating  -       -");
}

TEST(AlertLine, date_is_said_unless_it_is_today) {
  TopicAlert alert = overheating();
  alert.at = alert.raised_at.emplace(kNow - 12 * kHour);
  EXPECT_THAT(line(alert), testing::StartsWith("critical  00:00:00    12 h  "));
  alert.at = alert.raised_at.emplace(kNow - 12 * kHour - kSecond);
  EXPECT_THAT(line(alert), testing::StartsWith("critical  2025-12-31 23:59:59    12 h  "));
  alert.at = alert.raised_at.emplace(kNow + kDay);
  EXPECT_THAT(line(alert), testing::StartsWith("critical  2026-01-02 12:00:00     0 s  "));
}

TEST(AlertLine, ages_are_as_people_say_them) {
  EXPECT_EQ(format_age(-kSecond), "0 s");
  EXPECT_EQ(format_age(kSecond - 1), "0 s");
  EXPECT_EQ(format_age(12 * kSecond), "12 s");
  EXPECT_EQ(format_age(kMinute - 1), "59 s");
  EXPECT_EQ(format_age(4 * kMinute + 59 * kSecond), "4 min");
  EXPECT_EQ(format_age(kHour), "1 h");
  EXPECT_EQ(format_age(3 * kHour + 10 * kMinute), "3 h 10 min");
  EXPECT_EQ(format_age(kDay - 1), "23 h 59 min");
  EXPECT_EQ(format_age(2 * kDay), "2 d");
  EXPECT_EQ(format_age(2 * kDay + 5 * kHour + 59 * kMinute), "2 d 5 h");
}

TEST(AlertLine, severity_has_its_colour) {
  const auto painted = [](const std::string& severity) {
    TopicAlert alert = overheating();
    alert.severity = severity;
    const std::string text = line(alert, {.colour = true});
    return text.substr(0, text.find("11:59:48"));
  };
  EXPECT_EQ(painted("critical"), "\x1b[1;31mcritical\x1b[0m  ");
  EXPECT_EQ(painted("warning"), "\x1b[33mwarning\x1b[0m   ");
  EXPECT_EQ(painted("info"), "\x1b[36minfo\x1b[0m      ");
}

TEST(AlertLine, what_needs_nobody_is_dim_as_a_whole) {
  const TopicAlert cleared = changed("cleared", "cleared");
  EXPECT_EQ(line(cleared, {.colour = true}), "\x1b[2;32m" + line(cleared) + "\x1b[0m");
  const TopicAlert suppressed = changed("suppressed", "suppressed");
  EXPECT_EQ(line(suppressed, {.colour = true}), "\x1b[2m" + line(suppressed) + "\x1b[0m");
}

TEST(AlertLine, fits_the_terminal) {
  // A third of 100 columns for the text: the names give what they have too much.
  EXPECT_EQ(line(overheating(), {.columns = 100}),
            "critical  11:59:48    12 s  raised   overhea…  north-ge…  CAMP-03  "
            "north-gen-2: coolant at 103.1 °C");
  // They cannot give more than that.
  EXPECT_EQ(line(overheating(), {.columns = 90}),
            "critical  11:59:48    12 s  raised   overhea…  north-g…  CAMP-03  "
            "north-gen-2: coolant at…");
  EXPECT_EQ(line(overheating(), {.columns = 200}), line(overheating()));
  for (std::size_t columns = 1; columns < 120; ++columns) {
    EXPECT_LE(width(line(overheating(), {.columns = columns})), columns);
  }
}

TEST(AlertLine, a_narrow_terminal_cuts_before_it_colours) {
  EXPECT_EQ(line(overheating(), {.colour = true, .columns = 5}), "\x1b[1;31mcrit…\x1b[0m");
  const TopicAlert cleared = changed("cleared", "cleared");
  EXPECT_EQ(line(cleared, {.colour = true, .columns = 12}), "\x1b[2;32mcritical  1…\x1b[0m");
}

TEST(AlertLine, texts_cannot_touch_the_terminal) {
  TopicAlert alert = overheating();
  alert.severity = "\x1b[5mbad";
  alert.alert = "a\nb";
  alert.key = "\u202ek";
  alert.group = "g\x9b";
  alert.text = "\x1b]0;title\x07 \u009b2J\r";
  EXPECT_EQ(line(alert),
            "\\x1b[5mbad  11:59:48    12 s  raised   a\\x0ab    \\u202ek  g\\x9b  "
            "\\x1b]0;title\\x07 \\u009b2J\\x0d");
}

TEST(AlertLine, wide_texts_are_cut_between_characters) {
  TopicAlert alert = overheating();
  alert.text = "水位水位水位水位水位水位水位水位水位水位";
  for (std::size_t columns = 70; columns < 110; ++columns) {
    const std::string text = line(alert, {.columns = columns});
    EXPECT_LE(width(text), columns);
    EXPECT_GE(width(text) + 1, std::min<std::size_t>(columns, 66 + 40));
    EXPECT_EQ(escaped(text), text);  // still UTF-8
  }
}

TEST(AlertLine, advice_is_a_line_of_its_own_as_long_as_it_helps) {
  const AlertLineOptions advice{.columns = 30, .advice = true};
  EXPECT_EQ(line(overheating(), advice),
            line(overheating(), {.columns = 30}) +
                "\n          advice: switch it off, let it cool");
  EXPECT_EQ(line(changed("cleared", "cleared"), advice),
            line(changed("cleared", "cleared"), {.columns = 30}));
  TopicAlert alert = overheating();
  alert.advice = "";
  EXPECT_EQ(line(alert, advice), line(alert, {.columns = 30}));
}

TEST(AlertColumns, are_as_wide_as_the_widest_cell) {
  TopicAlert wide = overheating();
  wide.alert = "water_tank_low";
  const AlertColumns columns = widen(widen({}, overheating(), kNow), wide, kNow);
  EXPECT_EQ(format_alert(overheating(), kNow, columns, {}),
            "critical  11:59:48    12 s  raised   overheating     north-gen-2  CAMP-03  "
            "north-gen-2: coolant at 103.1 °C");
  EXPECT_EQ(widen(columns, overheating(), kNow).widths, columns.widths);
}

TEST(AlertColumns, one_monster_does_not_widen_the_others) {
  TopicAlert monster = overheating();
  monster.alert = std::string(300, 'x');
  const AlertColumns columns = widen({}, monster, kNow);
  EXPECT_THAT(columns.widths, Each(Le(28U)));
  EXPECT_THAT(format_alert(monster, kNow, columns, {}), testing::HasSubstr(monster.alert));
}

}  // namespace
}  // namespace sitrep
