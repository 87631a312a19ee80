// SPDX-License-Identifier: Apache-2.0
#include "engine/data/time_text.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/base/text.h"

namespace sitrep {
namespace {

/// Reads a text from the left; each take_ function leaves it alone when it does not match.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  char peek() const { return text_.empty() ? '\0' : text_.front(); }
  bool take(char c) {
    if (peek() != c || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (peek() == ' ') text_.remove_prefix(1);
  }
  /// Exactly `count` digits.
  std::optional<unsigned> take_digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(text_[i])) return std::nullopt;
      value = value * 10 + static_cast<unsigned>(text_[i] - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  /// `.` and one to nine digits as microseconds.
  std::optional<Micros> take_fraction() {
    if (!take('.')) return 0;
    Micros value = 0;
    Micros scale = kMicrosPerSecond;
    if (!is_digit(peek())) return std::nullopt;
    while (is_digit(peek())) {
      scale /= 10;
      value += scale * (peek() - '0');
      text_.remove_prefix(1);
    }
    return value;
  }
  std::optional<double> take_number() {
    double value = 0;
    const auto parsed = std::from_chars(text_.data(), text_.data() + text_.size(), value,
                                        std::chars_format::fixed);
    if (parsed.ec != std::errc{} || !std::isfinite(value)) return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(parsed.ptr - text_.data()));
    return value;
  }
  std::string_view take_word() {
    std::size_t length = 0;
    while (length < text_.size() && std::isalpha(static_cast<unsigned char>(text_[length]))) {
      ++length;
    }
    const std::string_view word = text_.substr(0, length);
    text_.remove_prefix(length);
    return word;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view text_;
};

std::optional<Micros> take_date(Cursor& in) {
  const auto year = in.take_digits(4);
  if (!year || !in.take('-')) return std::nullopt;
  const auto month = in.take_digits(2);
  if (!month || *month < 1 || *month > 12 || !in.take('-')) return std::nullopt;
  const auto day = in.take_digits(2);
  if (!day || *day < 1 || *day > days_in_month(*year, *month)) return std::nullopt;
  return days_from_civil({.year = *year, .month = *month, .day = *day}) * kMicrosPerDay;
}

/// hh:mm[:ss[.fraction]]; seconds are demanded unless `seconds_optional`.
std::optional<Micros> take_time_of_day(Cursor& in, bool seconds_optional) {
  const auto hour = in.take_digits(2);
  if (!hour || *hour > 23 || !in.take(':')) return std::nullopt;
  const auto minute = in.take_digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  const Micros whole_minutes = (Micros{*hour} * 60 + *minute) * 60 * kMicrosPerSecond;
  if (!in.take(':')) {
    return seconds_optional ? std::optional(whole_minutes) : std::nullopt;
  }
  const auto second = in.take_digits(2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second, counted as the next one
  const auto fraction = in.take_fraction();
  if (!fraction) return std::nullopt;
  return whole_minutes + *second * kMicrosPerSecond + *fraction;
}

std::optional<Micros> take_zone(Cursor& in, bool minutes_optional) {
  if (in.take('Z') || in.take('z')) return 0;
  Micros sign = 1;
  if (in.take('-')) {
    sign = -1;
  } else if (!in.take('+')) {
    return std::nullopt;
  }
  const auto hours = in.take_digits(2);
  if (!hours || *hours > 23) return std::nullopt;
  unsigned minutes = 0;
  if (in.take(':')) {
    const auto taken = in.take_digits(2);
    if (!taken || *taken > 59) return std::nullopt;
    minutes = *taken;
  } else if (!minutes_optional) {
    return std::nullopt;
  }
  return sign * (Micros{*hours} * 60 + minutes) * 60 * kMicrosPerSecond;
}

std::optional<Micros> unit_micros(std::string_view unit) {
  struct Unit {
    std::string_view name;
    Micros micros;
  };
  static constexpr Unit kUnits[] = {
      {"us", 1},
      {"microsecond", 1},
      {"microseconds", 1},
      {"ms", kMicrosPerMilli},
      {"millisecond", kMicrosPerMilli},
      {"milliseconds", kMicrosPerMilli},
      {"s", kMicrosPerSecond},
      {"sec", kMicrosPerSecond},
      {"secs", kMicrosPerSecond},
      {"second", kMicrosPerSecond},
      {"seconds", kMicrosPerSecond},
      {"m", 60 * kMicrosPerSecond},
      {"min", 60 * kMicrosPerSecond},
      {"mins", 60 * kMicrosPerSecond},
      {"minute", 60 * kMicrosPerSecond},
      {"minutes", 60 * kMicrosPerSecond},
      {"h", 3600 * kMicrosPerSecond},
      {"hr", 3600 * kMicrosPerSecond},
      {"hrs", 3600 * kMicrosPerSecond},
      {"hour", 3600 * kMicrosPerSecond},
      {"hours", 3600 * kMicrosPerSecond},
      {"d", kMicrosPerDay},
      {"day", kMicrosPerDay},
      {"days", kMicrosPerDay},
      {"w", 7 * kMicrosPerDay},
      {"week", 7 * kMicrosPerDay},
      {"weeks", 7 * kMicrosPerDay},
  };
  for (const Unit& known : kUnits) {
    if (known.name == unit) return known.micros;
  }
  return std::nullopt;
}

std::optional<Micros> scaled(double number, Micros unit) {
  const double micros = std::round(number * static_cast<double>(unit));
  // 9.2e18 us would overflow; 290,000 years are enough.
  if (!(std::abs(micros) < 9.2e18)) return std::nullopt;
  return static_cast<Micros>(micros);
}

void append_padded(std::string& out, std::int64_t value, std::size_t width) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto length = static_cast<std::size_t>(end - digits.data());
  if (length < width) out.append(width - length, '0');
  out.append(digits.data(), length);
}

Micros floor_div(Micros a, Micros b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

std::int64_t days_from_civil(CivilDate date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<std::uint64_t>(year - era * 400);
  const std::uint64_t month_from_march = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::uint64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::uint64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

CivilDate civil_from_days(std::int64_t days) {
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const auto day_of_era = static_cast<std::uint64_t>(shifted - era * 146097);
  const std::uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint64_t month_from_march = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<unsigned>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  const auto month =
      static_cast<unsigned>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  const std::int64_t year = static_cast<std::int64_t>(year_of_era) + era * 400;
  return {.year = month <= 2 ? year + 1 : year, .month = month, .day = day};
}

unsigned days_in_month(std::int64_t year, unsigned month) {
  static constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

std::optional<Micros> parse_timestamp(std::string_view text) {
  Cursor in(text);
  const auto date = take_date(in);
  if (!date || !(in.take('T') || in.take('t') || in.take(' '))) return std::nullopt;
  const auto time = take_time_of_day(in, /*seconds_optional=*/false);
  if (!time) return std::nullopt;
  const auto zone = take_zone(in, /*minutes_optional=*/false);
  if (!zone || !in.at_end()) return std::nullopt;
  return *date + *time - *zone;
}

std::optional<Micros> parse_sql_timestamp(std::string_view text) {
  Cursor in(text);
  in.skip_spaces();
  const auto date = take_date(in);
  if (!date) return std::nullopt;
  in.take('T') || in.take(' ');
  in.skip_spaces();
  if (in.at_end()) return *date;
  const auto time = take_time_of_day(in, /*seconds_optional=*/true);
  if (!time) return std::nullopt;
  in.skip_spaces();
  if (in.at_end()) return *date + *time;
  const auto zone = take_zone(in, /*minutes_optional=*/true);
  in.skip_spaces();
  if (!zone || !in.at_end()) return std::nullopt;
  return *date + *time - *zone;
}

void append_timestamp(std::string& out, Micros time) {
  const Micros days = floor_div(time, kMicrosPerDay);
  const Micros of_day = time - days * kMicrosPerDay;
  const CivilDate date = civil_from_days(days);
  append_padded(out, date.year, 4);
  out += '-';
  append_padded(out, date.month, 2);
  out += '-';
  append_padded(out, date.day, 2);
  out += 'T';
  append_padded(out, of_day / (3600 * kMicrosPerSecond), 2);
  out += ':';
  append_padded(out, of_day / (60 * kMicrosPerSecond) % 60, 2);
  out += ':';
  append_padded(out, of_day / kMicrosPerSecond % 60, 2);
  out += '.';
  append_padded(out, of_day / kMicrosPerMilli % 1000, 3);
  out += 'Z';
}

std::string format_timestamp(Micros time) {
  std::string out;
  append_timestamp(out, time);
  return out;
}

std::optional<Micros> parse_duration(std::string_view text) {
  Cursor in(text);
  const auto number = in.take_number();
  if (!number || *number < 0) return std::nullopt;
  in.skip_spaces();
  const auto unit = unit_micros(in.take_word());
  if (!unit || !in.at_end()) return std::nullopt;
  return scaled(*number, *unit);
}

std::string format_duration(Micros duration) {
  struct Unit {
    std::string_view name;
    Micros micros;
  };
  static constexpr Unit kUnits[] = {{"d", kMicrosPerDay},
                                    {"h", 3600 * kMicrosPerSecond},
                                    {"min", 60 * kMicrosPerSecond},
                                    {"s", kMicrosPerSecond},
                                    {"ms", kMicrosPerMilli}};
  if (duration == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (duration % unit.micros == 0) return concat(duration / unit.micros, unit.name);
  }
  return concat(duration, "us");
}

std::optional<Micros> parse_interval(std::string_view text) {
  Cursor in(text);
  Micros total = 0;
  bool any = false;
  for (in.skip_spaces(); !in.at_end(); in.skip_spaces()) {
    in.take('+');
    const bool negative = in.peek() == '-';
    const auto number = in.take_number();
    if (!number) return std::nullopt;
    Micros part = 0;
    if (in.take(':')) {  // hh:mm[:ss[.fraction]]
      const auto minutes = in.take_digits(2);
      if (!minutes || *minutes > 59 || *number != std::trunc(*number)) return std::nullopt;
      const auto hours = scaled(std::abs(*number), 3600 * kMicrosPerSecond);
      if (!hours) return std::nullopt;
      part = *hours + *minutes * 60 * kMicrosPerSecond;
      if (in.take(':')) {
        const auto seconds = in.take_digits(2);
        const auto fraction = in.take_fraction();
        if (!seconds || *seconds > 59 || !fraction) return std::nullopt;
        part += *seconds * kMicrosPerSecond + *fraction;
      }
      if (negative) part = -part;
    } else {
      in.skip_spaces();
      const auto word = in.take_word();
      const auto unit = word.empty() && in.at_end() ? kMicrosPerSecond : unit_micros(word);
      if (!unit) return std::nullopt;
      const auto micros = scaled(*number, *unit);
      if (!micros) return std::nullopt;
      part = *micros;
    }
    if (__builtin_add_overflow(total, part, &total)) return std::nullopt;
    any = true;
  }
  return any ? std::optional(total) : std::nullopt;
}

}  // namespace sitrep
