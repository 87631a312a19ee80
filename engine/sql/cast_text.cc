// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/cast_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <system_error>

#include "engine/data/time_text.h"

namespace sitrep::sql {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// A leading + is SQL's but not from_chars'.
std::string_view without_plus(std::string_view text) {
  const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+';
  return plus ? text.substr(1) : text;
}

void write_padded(std::uint64_t value, std::size_t digits, std::string& out) {
  const std::string text = std::to_string(value);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

/// HH:MM:SS[.ffffff] of a time below a day or more, without trailing zeros.
void write_clock(std::uint64_t micros, std::string& out) {
  const std::uint64_t seconds = micros / kSecond;
  write_padded(seconds / 3600, 2, out);
  out += ':';
  write_padded(seconds / 60 % 60, 2, out);
  out += ':';
  write_padded(seconds % 60, 2, out);
  if (const std::uint64_t fraction = micros % kSecond; fraction != 0) {
    out += '.';
    write_padded(fraction, 6, out);
    while (out.back() == '0') out.pop_back();
  }
}

}  // namespace

void write_boolean(std::uint8_t value, std::string& out) { out += value != 0 ? "true" : "false"; }

void write_bigint(std::int64_t value, std::string& out) { out += std::to_string(value); }

void write_double(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "Infinity" : "-Infinity";
  } else {
    const double size = std::fabs(value);
    const bool exponent = size != 0 && (size < 1e-4 || size >= 1e15);
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                   exponent ? std::chars_format::scientific
                                            : std::chars_format::fixed);
    out.append(buffer, end.ptr);
  }
}

void write_timestamp(std::int64_t micros, std::string& out) {
  std::int64_t days = micros / kDay;
  std::int64_t in_day = micros % kDay;
  if (in_day < 0) {
    in_day += kDay;
    --days;
  }
  const CivilDate date = civil_from_days(days);
  const bool before_christ = date.year <= 0;
  write_padded(static_cast<std::uint64_t>(before_christ ? 1 - date.year : date.year), 4, out);
  out += '-';
  write_padded(date.month, 2, out);
  out += '-';
  write_padded(date.day, 2, out);
  out += ' ';
  write_clock(static_cast<std::uint64_t>(in_day), out);
  if (before_christ) out += " BC";
}

void write_interval(std::int64_t micros, std::string& out) {
  const std::int64_t days = micros / kDay;
  const std::int64_t in_day = micros % kDay;
  if (days != 0) {
    out += std::to_string(days);
    out += days == 1 ? " day" : " days";
    if (in_day == 0) return;
    out += ' ';
  }
  if (in_day < 0) {
    out += '-';
  } else if (days < 0) {
    out += '+';
  }
  write_clock(static_cast<std::uint64_t>(std::abs(in_day)), out);
}

bool read_boolean(std::string_view text, std::uint8_t& out) {
  const std::string word = lower(trimmed(text));
  const auto begins = [&](std::string_view whole, std::size_t least) {
    return word.size() >= least && whole.substr(0, word.size()) == word;
  };
  if (begins("true", 1) || begins("yes", 1) || word == "on" || word == "1") {
    out = 1;
    return true;
  }
  if (begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0") {
    out = 0;
    return true;
  }
  return false;
}

bool read_bigint(std::string_view text, std::int64_t& out) {
  const std::string_view digits = without_plus(trimmed(text));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc() && end == digits.data() + digits.size();
}

bool read_double(std::string_view text, double& out) {
  const std::string_view digits = without_plus(trimmed(text));
  const bool parenthesis = digits.find('(') != std::string_view::npos;  // nan(…) is C's, not SQL's
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc() && end == digits.data() + digits.size() && !parenthesis;
}

bool read_timestamp(std::string_view text, std::int64_t& out) {
  const auto time = parse_sql_timestamp(trimmed(text));
  if (time) out = *time;
  return time.has_value();
}

bool read_interval(std::string_view text, std::int64_t& out) {
  const auto duration = parse_interval(trimmed(text));
  if (duration) out = *duration;
  return duration.has_value();
}

}  // namespace sitrep::sql
