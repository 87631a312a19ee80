// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/time_field.h"

#include "engine/data/time_text.h"

namespace sitrep::sql {
namespace {

constexpr Micros kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr Micros kMicrosPerHour = 60 * kMicrosPerMinute;

struct FieldName {
  std::string_view name;
  TimeField field;
};

// PostgreSQL 15, src/backend/utils/adt/datetime.c: deltatktbl, and datetktbl for the reserved ones.
constexpr FieldName kFieldNames[] = {
    {"microsecond", TimeField::kMicroseconds}, {"microseconds", TimeField::kMicroseconds},
    {"us", TimeField::kMicroseconds},          {"usec", TimeField::kMicroseconds},
    {"usecs", TimeField::kMicroseconds},       {"usecond", TimeField::kMicroseconds},
    {"useconds", TimeField::kMicroseconds},    {"millisecond", TimeField::kMilliseconds},
    {"milliseconds", TimeField::kMilliseconds}, {"ms", TimeField::kMilliseconds},
    {"msec", TimeField::kMilliseconds},        {"msecs", TimeField::kMilliseconds},
    {"msecond", TimeField::kMilliseconds},     {"mseconds", TimeField::kMilliseconds},
    {"s", TimeField::kSecond},                 {"sec", TimeField::kSecond},
    {"secs", TimeField::kSecond},              {"second", TimeField::kSecond},
    {"seconds", TimeField::kSecond},           {"m", TimeField::kMinute},
    {"min", TimeField::kMinute},               {"mins", TimeField::kMinute},
    {"minute", TimeField::kMinute},            {"minutes", TimeField::kMinute},
    {"h", TimeField::kHour},                   {"hr", TimeField::kHour},
    {"hrs", TimeField::kHour},                 {"hour", TimeField::kHour},
    {"hours", TimeField::kHour},               {"d", TimeField::kDay},
    {"day", TimeField::kDay},                  {"days", TimeField::kDay},
    {"w", TimeField::kWeek},                   {"week", TimeField::kWeek},
    {"weeks", TimeField::kWeek},               {"mon", TimeField::kMonth},
    {"mons", TimeField::kMonth},               {"month", TimeField::kMonth},
    {"months", TimeField::kMonth},             {"qtr", TimeField::kQuarter},
    {"quarter", TimeField::kQuarter},          {"y", TimeField::kYear},
    {"yr", TimeField::kYear},                  {"yrs", TimeField::kYear},
    {"year", TimeField::kYear},                {"years", TimeField::kYear},
    {"dec", TimeField::kDecade},               {"decs", TimeField::kDecade},
    {"decade", TimeField::kDecade},            {"decades", TimeField::kDecade},
    {"c", TimeField::kCentury},                {"cent", TimeField::kCentury},
    {"century", TimeField::kCentury},          {"centuries", TimeField::kCentury},
    {"mil", TimeField::kMillennium},           {"mils", TimeField::kMillennium},
    {"millennium", TimeField::kMillennium},    {"millennia", TimeField::kMillennium},
    {"epoch", TimeField::kEpoch},              {"isoyear", TimeField::kIsoYear},
    {"dow", TimeField::kDayOfWeek},            {"isodow", TimeField::kIsoDayOfWeek},
    {"doy", TimeField::kDayOfYear},            {"julian", TimeField::kJulian},
    {"jd", TimeField::kJulian},                {"j", TimeField::kJulian},
};

/// A timestamp as days since 1970-01-01 and microseconds of that day.
struct DayAndTime {
  explicit DayAndTime(Micros time)
      : day(time / kMicrosPerDay - (time % kMicrosPerDay < 0 ? 1 : 0)),
        of_day((time % kMicrosPerDay + kMicrosPerDay) % kMicrosPerDay) {}
  std::int64_t day;
  Micros of_day;
};

std::int64_t iso_day_of_week(std::int64_t day) {
  return ((day + 3) % 7 + 7) % 7 + 1;  // 1970-01-01 is a Thursday, 4
}

std::int64_t first_of_year(std::int64_t year) {
  return days_from_civil({.year = year, .month = 1, .day = 1});
}

/// The Thursday of the same ISO week: its year is the week's year.
std::int64_t thursday_of(std::int64_t day) { return day - iso_day_of_week(day) + 4; }

/// The year of a century (of 100 years), 1 to 100 being the first; no century 0. The same for
/// millennia.
std::int64_t count_from_one(std::int64_t year, std::int64_t years) {
  return year > 0 ? (year + years - 1) / years : -((years - year) / years);
}

std::int64_t decade_of(std::int64_t year) { return year >= 0 ? year / 10 : -((9 - year) / 10); }

/// Without a year 0.
std::int64_t written_year(std::int64_t year) { return year > 0 ? year : year - 1; }

double date_field(TimeField field, std::int64_t day) {
  const CivilDate date = civil_from_days(day);
  const auto number = [](std::int64_t whole) { return static_cast<double>(whole); };
  switch (field) {
    case TimeField::kDay: return date.day;
    case TimeField::kMonth: return date.month;
    case TimeField::kQuarter: return (date.month - 1) / 3 + 1;
    case TimeField::kYear: return number(written_year(date.year));
    case TimeField::kDecade: return number(decade_of(date.year));
    case TimeField::kCentury: return number(count_from_one(date.year, 100));
    case TimeField::kMillennium: return number(count_from_one(date.year, 1000));
    case TimeField::kDayOfYear: return number(day - first_of_year(date.year) + 1);
    default: break;
  }
  const std::int64_t thursday = thursday_of(day);
  const std::int64_t iso_year = civil_from_days(thursday).year;
  if (field == TimeField::kIsoYear) return number(written_year(iso_year));
  return number((thursday - first_of_year(iso_year)) / 7 + 1);  // kWeek
}

std::optional<Micros> midnight_of(std::int64_t day) {
  Micros time = 0;
  if (__builtin_mul_overflow(day, kMicrosPerDay, &time)) return std::nullopt;
  return time;
}

/// Towards the past; `unit` divides a day.
std::optional<Micros> truncate_to(Micros unit, Micros time) {
  Micros rest = time % unit;
  if (rest < 0) rest += unit;
  Micros truncated = 0;
  if (__builtin_sub_overflow(time, rest, &truncated)) return std::nullopt;
  return truncated;
}

/// The first day of the unit that `day` lies in.
std::int64_t first_day(TimeField unit, std::int64_t day) {
  if (unit == TimeField::kWeek) return day - iso_day_of_week(day) + 1;
  const CivilDate date = civil_from_days(day);
  const std::int64_t year = date.year;
  const auto first_after = [](std::int64_t unit_number, std::int64_t years) {
    return first_of_year(unit_number > 0 ? unit_number * years - years + 1
                                         : unit_number * years + 1);
  };
  switch (unit) {
    case TimeField::kQuarter:
      return days_from_civil({.year = year, .month = (date.month - 1) / 3 * 3 + 1, .day = 1});
    case TimeField::kYear: return first_of_year(year);
    case TimeField::kDecade: return first_of_year(decade_of(year) * 10);
    case TimeField::kCentury: return first_after(count_from_one(year, 100), 100);
    case TimeField::kMillennium: return first_after(count_from_one(year, 1000), 1000);
    default: break;
  }
  return days_from_civil({.year = year, .month = date.month, .day = 1});  // kMonth
}

/// Length of a unit that always has the same; weeks are not such for PostgreSQL's intervals.
std::optional<Micros> fixed_length(TimeField unit) {
  switch (unit) {
    case TimeField::kMicroseconds: return 1;
    case TimeField::kMilliseconds: return kMicrosPerMilli;
    case TimeField::kSecond: return kMicrosPerSecond;
    case TimeField::kMinute: return kMicrosPerMinute;
    case TimeField::kHour: return kMicrosPerHour;
    case TimeField::kDay: return kMicrosPerDay;
    default: return std::nullopt;
  }
}

bool is_of_months(TimeField unit) {
  return unit >= TimeField::kMonth && unit <= TimeField::kMillennium;
}

}  // namespace

std::optional<TimeField> parse_time_field(std::string_view name) {
  constexpr std::size_t kNameBytesMax = 12;  // microseconds
  if (name.size() > kNameBytesMax) return std::nullopt;
  char lower[kNameBytesMax];
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    lower[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (const FieldName& known : kFieldNames) {
    if (known.name == std::string_view(lower, name.size())) return known.field;
  }
  return std::nullopt;
}

std::optional<double> extract_from_timestamp(TimeField field, Micros time) {
  const auto [day, of_day] = DayAndTime(time);
  const auto of_minute = static_cast<double>(of_day % kMicrosPerMinute);
  switch (field) {
    case TimeField::kMicroseconds: return of_minute;
    case TimeField::kMilliseconds: return of_minute / kMicrosPerMilli;
    case TimeField::kSecond: return of_minute / kMicrosPerSecond;
    case TimeField::kMinute: return static_cast<double>(of_day / kMicrosPerMinute % 60);
    case TimeField::kHour: return static_cast<double>(of_day / kMicrosPerHour);
    case TimeField::kEpoch: return static_cast<double>(time) / kMicrosPerSecond;
    case TimeField::kDayOfWeek: return static_cast<double>(iso_day_of_week(day) % 7);
    case TimeField::kIsoDayOfWeek: return static_cast<double>(iso_day_of_week(day));
    case TimeField::kJulian: {
      constexpr std::int64_t kJulianOf1970 = 2440588;
      return static_cast<double>(day + kJulianOf1970) +
             static_cast<double>(of_day) / kMicrosPerDay;
    }
    default: return date_field(field, day);
  }
}

std::optional<double> extract_from_interval(TimeField field, Micros duration) {
  const auto of_minute = static_cast<double>(duration % kMicrosPerMinute);
  switch (field) {
    case TimeField::kMicroseconds: return of_minute;
    case TimeField::kMilliseconds: return of_minute / kMicrosPerMilli;
    case TimeField::kSecond: return of_minute / kMicrosPerSecond;
    case TimeField::kMinute: return static_cast<double>(duration / kMicrosPerMinute % 60);
    case TimeField::kHour: return static_cast<double>(duration / kMicrosPerHour % 24);
    case TimeField::kDay: return static_cast<double>(duration / kMicrosPerDay);
    case TimeField::kEpoch: return static_cast<double>(duration) / kMicrosPerSecond;
    case TimeField::kQuarter: return 1;
    default: break;
  }
  if (!is_of_months(field)) return std::nullopt;
  return 0;
}

std::optional<Micros> truncate_timestamp(TimeField unit, Micros time) {
  if (const auto length = fixed_length(unit)) return truncate_to(*length, time);
  if (unit != TimeField::kWeek && !is_of_months(unit)) return std::nullopt;
  return midnight_of(first_day(unit, DayAndTime(time).day));
}

std::optional<Micros> truncate_interval(TimeField unit, Micros duration) {
  if (const auto length = fixed_length(unit)) return duration - duration % *length;
  if (!is_of_months(unit)) return std::nullopt;
  return 0;
}

}  // namespace sitrep::sql
