// SPDX-License-Identifier: Apache-2.0
#pragma once
// Times and durations as text: RFC 3339 in and out, the job file's `30s`, PostgreSQL's
// `1 day 02:00:00`. Civil dates by Howard Hinnant's days_from_civil algorithm (public domain,
// "chrono-Compatible Low-Level Date Algorithms"). No locale, no allocation when parsing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.h"

namespace sitrep {

struct CivilDate {
  std::int64_t year;
  unsigned month;  ///< 1-12
  unsigned day;    ///< 1-31
};

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
std::int64_t days_from_civil(CivilDate date);
CivilDate civil_from_days(std::int64_t days);
/// Number of days in that month: what a date is checked against.
unsigned days_in_month(std::int64_t year, unsigned month);

/// RFC 3339 date-time with an offset (`Z`, `+02:00`); a space is taken for `T`, digits beyond
/// microseconds are cut off. Nothing else: no missing offset, no week dates.
std::optional<Micros> parse_timestamp(std::string_view text);
/// As parse_timestamp, but a missing offset means UTC and a missing time midnight (SQL literals).
std::optional<Micros> parse_sql_timestamp(std::string_view text);
/// RFC 3339 in UTC with milliseconds: 2026-01-26T15:55:00.000Z. Microseconds are cut off.
std::string format_timestamp(Micros time);
void append_timestamp(std::string& out, Micros time);

/// A job file's duration: a number and one of us, ms, s, min, h, d (`30s`, `1.5h`), or one of the
/// longer names of SQL (`1 week`). Not negative.
std::optional<Micros> parse_duration(std::string_view text);
/// The shortest such duration: 90000000 is "90s".
std::string format_duration(Micros duration);

/// PostgreSQL interval input without months and years: `10 seconds`, `1 day 02:00:00`, `-5 min`,
/// `90s`, `1:30`. A day is 24 hours.
std::optional<Micros> parse_interval(std::string_view text);

}  // namespace sitrep
