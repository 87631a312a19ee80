// SPDX-License-Identifier: Apache-2.0
#pragma once
// Single JSON values as text, appended to a payload. What is appended is always valid JSON: bytes
// that are not UTF-8 become U+FFFD, NaN and infinities become null. Thread-safe.

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/data/column.h"
#include "engine/log/format.h"

namespace sitrep {

/// A string with its quotes.
void append_json_string(std::string& out, std::string_view text);
/// The shortest number that reads back as the same double: 0.1, 5, 1e+300, -0.
void append_json_double(std::string& out, double value);
/// Seconds with as many decimals as the microseconds need: 90, 0.5, -0.000001.
void append_json_interval(std::string& out, Micros interval);
/// A cell by its type; null where the cell is.
void append_json_cell(std::string& out, const Column& column, std::size_t row,
                      TimestampStyle style);

}  // namespace sitrep
