// SPDX-License-Identifier: Apache-2.0
#include "cli/alert_line.h"

#include <algorithm>
#include <numeric>
#include <ranges>
#include <string_view>
#include <tuple>
#include <utility>

#include "cli/terminal.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

enum Cell : std::size_t { kSeverity, kTime, kAge, kChange, kAlert, kKey, kGroup, kCells };
using Cells = std::array<std::string, kCells>;
using Widths = decltype(AlertColumns::widths);
static_assert(std::tuple_size_v<Widths> == kCells);

constexpr std::size_t kCellMax = 28;
/// On a terminal names give way to the text, down to this.
constexpr std::size_t kNameMin = 8;
constexpr std::string_view kGap = "  ";

constexpr std::string_view kBoldRed = "\x1b[1;31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::string_view kDimGreen = "\x1b[2;32m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string_view severity_style(std::string_view severity) {
  switch (severity_rank(severity)) {
    case 0: return kCyan;
    case 1: return kYellow;
    default: return kBoldRed;
  }
}

/// The date is that of today for most, and not worth its columns.
std::string time_text(Micros time, Micros now) {
  static constexpr std::size_t kDateSize = 10;  // 2026-01-26T15:55:00.000Z
  const std::string text = format_timestamp(time);
  const std::string clock = text.substr(kDateSize + 1, 8);
  const std::string_view date = std::string_view(text).substr(0, kDateSize);
  return format_timestamp(now).starts_with(date) ? clock : concat(date, " ", clock);
}

std::string_view state_after(std::string_view change) {
  if (change == "cleared" || change == "expired") return "cleared";
  return change == "suppressed" || change == "shelved" ? "suppressed" : "active";
}

/// The change; the state too where that does not follow from it.
std::string change_text(const TopicAlert& alert) {
  if (alert.state == state_after(alert.change)) return alert.change;
  return concat(alert.change, " (", alert.state, ")");
}

std::string age_text(const TopicAlert& alert, Micros now) {
  if (!alert.raised_at) return "-";
  return format_age((alert.is_up() ? now : alert.at) - *alert.raised_at);
}

std::string name_text(const std::string& name) { return name.empty() ? "-" : escaped(name); }

Cells cells_of(const TopicAlert& alert, Micros now) {
  return {name_text(alert.severity), time_text(alert.at, now), age_text(alert, now),
          escaped(change_text(alert)), name_text(alert.alert), name_text(alert.key),
          name_text(alert.group)};
}

/// Names give columns to the text until it has a third of the terminal.
Widths fit(Widths widths, std::size_t columns) {
  const std::size_t wanted = columns - columns / 3;
  const auto names = std::ranges::subrange(widths.begin() + kAlert, widths.begin() + kCells);
  std::size_t taken = std::accumulate(widths.begin(), widths.end(), kGap.size() * kCells);
  while (taken > wanted) {
    const auto widest = std::ranges::max_element(names);
    if (*widest <= kNameMin) break;
    --*widest;
    --taken;
  }
  return widths;
}

std::string row_of(const Cells& cells, const Widths& widths, bool cuts) {
  std::string line;
  for (std::size_t i = 0; i < kCells; ++i) {
    std::string cell = cuts ? shorten(cells[i], widths[i]) : cells[i];
    const bool right = i == kTime || i == kAge;
    line += right ? pad_left(std::move(cell), widths[i]) : pad_right(std::move(cell), widths[i]);
    line += kGap;
  }
  return line;
}

/// An alert that needs nobody is dim as a whole; of the others the severity stands out.
std::string paint(const std::string& line, const TopicAlert& alert, std::size_t severity_bytes) {
  if (!alert.is_up()) return concat(kDimGreen, line, kPlain);
  if (alert.state == "suppressed") return concat(kDim, line, kPlain);
  const std::string_view text = line;
  const std::size_t painted = std::min(severity_bytes, text.size());
  return concat(severity_style(alert.severity), text.substr(0, painted), kPlain,
                text.substr(painted));
}

}  // namespace

AlertColumns widen(AlertColumns columns, const TopicAlert& alert, Micros now) {
  const Cells cells = cells_of(alert, now);
  for (std::size_t i = 0; i < kCells; ++i) {
    const std::size_t cell = width(cells[i]);
    if (cell <= kCellMax) columns.widths[i] = std::max(columns.widths[i], cell);
  }
  return columns;
}

std::string format_alert(const TopicAlert& alert, Micros now, const AlertColumns& columns,
                         const AlertLineOptions& options) {
  const Cells cells = cells_of(alert, now);
  const bool cuts = options.columns.has_value();
  std::string line =
      row_of(cells, cuts ? fit(columns.widths, *options.columns) : columns.widths, cuts);
  append_escaped(line, alert.text);
  if (!alert.by.empty()) line += concat(" (by ", escaped(alert.by), ")");
  line.erase(line.find_last_not_of(' ') + 1);
  if (cuts) line = shorten(line, *options.columns);
  if (options.colour) line = paint(line, alert, cells[kSeverity].size());
  if (options.advice && alert.is_up() && !alert.advice.empty()) {
    line += concat("\n", std::string(columns.widths[kSeverity], ' '), kGap, "advice: ",
                   escaped(alert.advice));
  }
  return line;
}

std::string format_age(Micros age) {
  const std::int64_t seconds = std::max<Micros>(0, age) / kMicrosPerSecond;
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = minutes / 60;
  const auto pair = [](std::int64_t large, std::string_view unit, std::int64_t small,
                       std::string_view small_unit) {
    return small == 0 ? concat(large, unit) : concat(large, unit, " ", small, small_unit);
  };
  if (minutes == 0) return concat(seconds, " s");
  if (hours == 0) return concat(minutes, " min");
  if (hours < 24) return pair(hours, " h", minutes % 60, " min");
  return pair(hours / 24, " d", hours % 24, " h");
}

}  // namespace sitrep
