// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "connectors/formats/utf8.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

constexpr std::array<bool, 256> kNeedsCare = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) table[c] = c < 0x20 || c >= 0x80;
  table['"'] = true;
  table['\\'] = true;
  return table;
}();

/// Length of the front of `text` that stands in JSON as it is.
std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && !kNeedsCare[static_cast<std::uint8_t>(text[length])]) ++length;
  return length;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '\\';
  switch (c) {
    case '"':
    case '\\': out += c; break;
    case '\b': out += 'b'; break;
    case '\f': out += 'f'; break;
    case '\n': out += 'n'; break;
    case '\r': out += 'r'; break;
    case '\t': out += 't'; break;
    default:
      out += "u00";
      out += kHex[static_cast<std::uint8_t>(c) >> 4];
      out += kHex[static_cast<std::uint8_t>(c) & 15];
  }
}

/// Appends the character at the front of `text`, escaped or replaced; returns its bytes.
std::size_t append_with_care(std::string& out, std::string_view text) {
  if (static_cast<std::uint8_t>(text.front()) < 0x80) {
    append_escape(out, text.front());
    return 1;
  }
  const Utf8Step step = utf8_step(text);
  out += step.valid ? text.substr(0, step.bytes) : kReplacementCharacter;
  return step.bytes;
}

template <typename Number>
void append_digits(std::string& out, Number value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_json_timestamp(std::string& out, Micros time, TimestampStyle style) {
  if (style == TimestampStyle::kMillis) {
    const Micros cut = time % kMicrosPerMilli < 0 ? 1 : 0;
    append_digits(out, time / kMicrosPerMilli - cut);
    return;
  }
  out += '"';
  append_timestamp(out, time);
  out += '"';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = plain_length(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(append_with_care(out, text));
  }
  out += '"';
}

void append_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  append_digits(out, value);
}

void append_json_interval(std::string& out, Micros interval) {
  const Micros seconds = interval / kMicrosPerSecond;
  const Micros rest = interval % kMicrosPerSecond;
  if (interval < 0 && seconds == 0) out += '-';
  append_digits(out, seconds);
  if (rest == 0) return;
  std::array<char, 7> decimals;
  // The leading 1 keeps the zeros behind the point.
  std::to_chars(decimals.data(), decimals.data() + decimals.size(),
                kMicrosPerSecond + (rest < 0 ? -rest : rest));
  decimals.front() = '.';
  std::string_view text(decimals.data(), decimals.size());
  text.remove_suffix(text.size() - 1 - text.find_last_not_of('0'));
  out += text;
}

void append_json_cell(std::string& out, const Column& column, std::size_t row,
                      TimestampStyle style) {
  if (column.is_null(row)) {
    out += "null";
    return;
  }
  switch (column.type()) {
    case Type::kBoolean: out += column.booleans()[row] != 0 ? "true" : "false"; break;
    case Type::kBigint: append_digits(out, column.ints()[row]); break;
    case Type::kDouble: append_json_double(out, column.doubles()[row]); break;
    case Type::kText: append_json_string(out, column.texts()[row]); break;
    case Type::kTimestamp: append_json_timestamp(out, column.ints()[row], style); break;
    case Type::kInterval: append_json_interval(out, column.ints()[row]); break;
  }
}

}  // namespace sitrep
