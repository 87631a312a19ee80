// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_cell.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "connectors/formats/json_plain.h"
#include "connectors/formats/json_string.h"
#include "engine/base/ensure.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr int kSecondsExponent = 6;
/// The longest escape that stands for one byte (`\u0041`): a longer raw text cannot fit when
/// unescaped.
constexpr std::size_t kEscapeBytesMax = 6;

CellRule::ReadAs read_as(Type type, TimestampUnit unit) {
  switch (type) {
    case Type::kBoolean: return CellRule::ReadAs::kBoolean;
    case Type::kBigint: return CellRule::ReadAs::kBigint;
    case Type::kDouble: return CellRule::ReadAs::kDouble;
    case Type::kText: return CellRule::ReadAs::kText;
    case Type::kInterval: return CellRule::ReadAs::kInterval;
    case Type::kTimestamp:
      return unit == TimestampUnit::kRfc3339 ? CellRule::ReadAs::kRfc3339
                                             : CellRule::ReadAs::kEpoch;
  }
  ENSURE(false, "unknown Type");
}

int unit_exponent(TimestampUnit unit) {
  switch (unit) {
    case TimestampUnit::kSeconds: return kSecondsExponent;
    case TimestampUnit::kMillis: return 3;
    case TimestampUnit::kMicros: return 0;
    case TimestampUnit::kNanos: return -3;
    case TimestampUnit::kRfc3339: return 0;
  }
  ENSURE(false, "unknown TimestampUnit");
}

/// The bound as an int64, so that bigints near 2^63 are not compared as doubles.
std::int64_t as_bigint(double bound) {
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63
  if (bound >= kBeyond) return std::numeric_limits<std::int64_t>::max();
  if (bound < -kBeyond) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(bound);
}

/// A value of another type than the column's: null, or an error if it is JSON at all.
CellOutcome pass_other_type(JsonCursor& cursor, unsigned depth) {
  const bool null = cursor.peek() == 'n';
  if (!cursor.skip_value(depth)) return CellOutcome::kBroken;
  return null ? CellOutcome::kNull : CellOutcome::kType;
}

/// The inside of the string at `cursor`, unescaped into `scratch` where it must be.
CellOutcome take_text(JsonCursor& cursor, std::string& scratch, std::string_view& text) {
  if (!cursor.take_string(text)) return CellOutcome::kBroken;
  if (text.find('\\') == std::string_view::npos) return CellOutcome::kValue;
  if (text.size() > kEscapeBytesMax * kTextBytesMax) {
    return has_valid_escapes(text) ? CellOutcome::kRange : CellOutcome::kBroken;
  }
  if (!unescape_json(text, scratch)) return CellOutcome::kBroken;
  text = scratch;
  return CellOutcome::kValue;
}

CellOutcome read_text(JsonCursor& cursor, std::size_t column, CellSink sink) {
  std::string_view text;
  const CellOutcome outcome = take_text(cursor, sink.scratch, text);
  if (outcome != CellOutcome::kValue) return outcome;
  if (text.size() > kTextBytesMax) return CellOutcome::kRange;
  sink.columns.set_text(column, sink.arena.store(text));
  return CellOutcome::kValue;
}

CellOutcome set_timestamp(Micros time, std::size_t column, CellSink sink) {
  if (time < kTimestampMin || time > kTimestampMax) return CellOutcome::kRange;
  sink.columns.set_int(column, time);
  return CellOutcome::kValue;
}

CellOutcome read_rfc3339(JsonCursor& cursor, std::size_t column, CellSink sink) {
  std::string_view text;
  const CellOutcome outcome = take_text(cursor, sink.scratch, text);
  if (outcome == CellOutcome::kBroken) return outcome;
  const auto time = parse_timestamp(text);
  if (outcome != CellOutcome::kValue || !time) return CellOutcome::kType;
  return set_timestamp(*time, column, sink);
}

/// `"90s"`, `"1 day 02:00:00"`.
CellOutcome read_interval_text(JsonCursor& cursor, std::size_t column, CellSink sink) {
  std::string_view text;
  const CellOutcome outcome = take_text(cursor, sink.scratch, text);
  if (outcome == CellOutcome::kBroken) return outcome;
  const auto interval = parse_interval(text);
  if (outcome != CellOutcome::kValue || !interval) return CellOutcome::kType;
  sink.columns.set_int(column, *interval);
  return CellOutcome::kValue;
}

CellOutcome read_boolean(JsonCursor& cursor, std::size_t column, CellSink sink) {
  const bool value = cursor.peek() == 't';
  if (!cursor.take_literal(value ? "true" : "false")) return CellOutcome::kBroken;
  sink.columns.set_boolean(column, value);
  return CellOutcome::kValue;
}

CellOutcome set_bigint(const JsonNumber& number, const CellRule& rule, std::size_t column,
                       CellSink sink) {
  if (!number.integer) return CellOutcome::kType;
  std::int64_t value = 0;
  if (!to_int64(number, value) || value < rule.bigint_min || value > rule.bigint_max) {
    return CellOutcome::kRange;
  }
  sink.columns.set_int(column, value);
  return CellOutcome::kValue;
}

CellOutcome set_double(const JsonNumber& number, const CellRule& rule, std::size_t column,
                       CellSink sink) {
  double value = 0;
  if (!to_double(number, value) || value < rule.double_min || value > rule.double_max) {
    return CellOutcome::kRange;
  }
  sink.columns.set_double(column, value);
  return CellOutcome::kValue;
}

CellOutcome set_number(const JsonNumber& number, const CellRule& rule, std::size_t column,
                       CellSink sink) {
  if (rule.read_as == CellRule::ReadAs::kDouble) return set_double(number, rule, column, sink);
  if (rule.read_as == CellRule::ReadAs::kBigint) return set_bigint(number, rule, column, sink);
  Micros micros = 0;
  if (!to_micros(number, rule.unit_exponent, micros)) return CellOutcome::kRange;
  if (rule.read_as == CellRule::ReadAs::kEpoch) return set_timestamp(micros, column, sink);
  sink.columns.set_int(column, micros);
  return CellOutcome::kValue;
}

CellOutcome read_number(JsonCursor& cursor, const CellRule& rule, std::size_t column,
                        CellSink sink) {
  JsonNumber number;
  if (!cursor.take_number(number)) return CellOutcome::kBroken;
  return set_number(number, rule, column, sink);
}

/// Behind the plain string at `p` whose cell is set; null when it is not plain or does not fit.
const char* read_plain_string(const char* p, const CellRule& rule, std::size_t column,
                              CellSink sink) {
  std::string_view text;
  const char* const end = pass_plain_string(p, text);
  if (end == nullptr || text.size() > kTextBytesMax) return nullptr;
  if (rule.read_as == CellRule::ReadAs::kText) {
    sink.columns.set_text(column, sink.arena.store(text));
    return end;
  }
  const auto time = parse_timestamp(text);
  return time && set_timestamp(*time, column, sink) == CellOutcome::kValue ? end : nullptr;
}

}  // namespace

CellRule::CellRule(const ColumnSpec& spec)
    : read_as(sitrep::read_as(spec.type, spec.unit)),
      unit_exponent(spec.type == Type::kInterval ? kSecondsExponent
                                                 : sitrep::unit_exponent(spec.unit)) {
  if (spec.min) {
    double_min = *spec.min;
    bigint_min = as_bigint(std::ceil(*spec.min));
  }
  if (spec.max) {
    double_max = *spec.max;
    bigint_max = as_bigint(std::floor(*spec.max));
  }
}

CellOutcome read_cell(JsonCursor& cursor, unsigned depth, const CellRule& rule, std::size_t column,
                      CellSink sink) {
  using ReadAs = CellRule::ReadAs;
  const char first = cursor.peek();
  switch (rule.read_as) {
    case ReadAs::kText:
      if (first == '"') return read_text(cursor, column, sink);
      break;
    case ReadAs::kDouble:
    case ReadAs::kBigint:
    case ReadAs::kEpoch:
      if (begins_number(first)) return read_number(cursor, rule, column, sink);
      break;
    case ReadAs::kBoolean:
      if (first == 't' || first == 'f') return read_boolean(cursor, column, sink);
      break;
    case ReadAs::kRfc3339:
      if (first == '"') return read_rfc3339(cursor, column, sink);
      break;
    case ReadAs::kInterval:
      if (first == '"') return read_interval_text(cursor, column, sink);
      if (begins_number(first)) return read_number(cursor, rule, column, sink);
      break;
  }
  return pass_other_type(cursor, depth);
}

PlainCell read_plain_cell(const char* p, const char* text_end, const CellRule& rule,
                          std::size_t column, CellSink sink) {
  using ReadAs = CellRule::ReadAs;
  switch (rule.read_as) {
    case ReadAs::kDouble:
    case ReadAs::kBigint:
    case ReadAs::kEpoch: {
      if (!begins_number(*p)) break;
      JsonNumber number;
      const bool fits = scan_number(p, text_end, number) &&
                        set_number(number, rule, column, sink) == CellOutcome::kValue;
      return {.end = fits ? number.end : nullptr, .null = false};
    }
    case ReadAs::kText:
    case ReadAs::kRfc3339:
      if (*p != '"') break;
      return {.end = read_plain_string(p, rule, column, sink), .null = false};
    case ReadAs::kBoolean: {
      const bool value = *p == 't';
      const char* const end = *p == 't' || *p == 'f' ? pass_plain_scalar(p, text_end) : nullptr;
      if (end == nullptr) break;
      sink.columns.set_boolean(column, value);
      return {.end = end, .null = false};
    }
    case ReadAs::kInterval:
      break;
  }
  const bool null = std::memcmp(p, "null", 4) == 0;
  return {.end = null ? p + 4 : nullptr, .null = true};
}

}  // namespace sitrep
