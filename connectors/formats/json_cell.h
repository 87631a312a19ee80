// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads one JSON value as a cell of a column, by the column's type and rules. A string is never
// read as a number, nor a number as a text; 12.0 and 1e3 are no bigints. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "connectors/formats/json_cursor.h"
#include "connectors/formats/row_columns.h"
#include "engine/base/ids.h"
#include "engine/data/arena.h"
#include "engine/log/format.h"

namespace sitrep {

/// A longer text is out of range: cells become keys and labels, and those are kept per key in state
/// and repeated in every output row. Documents do not belong there.
inline constexpr std::size_t kTextBytesMax = 65'535;

/// Times outside the years 0000 to 9999 are out of range: RFC 3339 cannot write them, and clocks
/// may add and subtract durations without fear of overflow.
inline constexpr Micros kTimestampMin = -62'167'219'200 * kMicrosPerSecond;
inline constexpr Micros kTimestampMax = 253'402'300'800 * kMicrosPerSecond - 1;

enum class CellOutcome : std::uint8_t {
  kValue,   ///< The cell is set.
  kNull,    ///< A JSON null.
  kType,    ///< Another JSON type than the column's.
  kRange,   ///< Beyond the type, or the column's bounds.
  kBroken,  ///< Not JSON: the whole message is malformed.
};

/// A column's rules, prepared. How a timestamp or interval is written decides what it is read as.
struct CellRule {
  enum class ReadAs : std::uint8_t {
    kText,
    kDouble,
    kBigint,
    kBoolean,
    kEpoch,
    kRfc3339,
    kInterval
  };

  explicit CellRule(const ColumnSpec& spec);

  ReadAs read_as = ReadAs::kText;
  /// Power of ten from a kEpoch column's unit to microseconds.
  int unit_exponent = 0;
  /// Inclusive.
  double double_min = -std::numeric_limits<double>::infinity();
  double double_max = std::numeric_limits<double>::infinity();
  std::int64_t bigint_min = std::numeric_limits<std::int64_t>::min();
  std::int64_t bigint_max = std::numeric_limits<std::int64_t>::max();
};

/// Where cells go, and the memory that reading them needs.
struct CellSink {
  RowColumns& columns;
  /// Keeps the bytes of texts.
  Arena& arena;
  /// Unescaped text, reused.
  std::string& scratch;
};

/// Passes the value at `cursor`, within `depth` containers, and sets the cell of `column` if it
/// fits.
CellOutcome read_cell(JsonCursor& cursor, unsigned depth, const CellRule& rule, std::size_t column,
                      CellSink sink);

/// What read_plain_cell met: where it ends, or null for what must be looked at more closely.
struct PlainCell {
  const char* end;
  /// A JSON null: the cell is not set.
  bool null;
};

/// As read_cell, of a scalar of the column's type that is written plainly (json_plain.h) and fits.
/// What follows it is not looked at.
PlainCell read_plain_cell(const char* p, const char* text_end, const CellRule& rule,
                          std::size_t column, CellSink sink);

}  // namespace sitrep
