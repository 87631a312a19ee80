// SPDX-License-Identifier: Apache-2.0
#pragma once
// The fields of EXTRACT and the units of date_trunc, with PostgreSQL's meaning: ISO weeks, no year
// 0 (the year before 1 is -1), negative intervals towards 0. std::nullopt where PostgreSQL raises
// an error. Pure functions. Thread-safe.

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/ids.h"

namespace sitrep::sql {

enum class TimeField : std::uint8_t {
  kMicroseconds,
  kMilliseconds,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kEpoch,
  kIsoYear,
  kDayOfWeek,     ///< Sunday is 0.
  kIsoDayOfWeek,  ///< Monday is 1, Sunday 7.
  kDayOfYear,
  kJulian,
};

/// In any case, and with PostgreSQL's other spellings: hour, HOURS, hrs, h.
std::optional<TimeField> parse_time_field(std::string_view name);

std::optional<double> extract_from_timestamp(TimeField field, Micros time);
/// An interval has no months here, so its year, decade … are 0 and its days are of 24 hours.
std::optional<double> extract_from_interval(TimeField field, Micros duration);

std::optional<Micros> truncate_timestamp(TimeField unit, Micros time);
std::optional<Micros> truncate_interval(TimeField unit, Micros duration);

}  // namespace sitrep::sql
