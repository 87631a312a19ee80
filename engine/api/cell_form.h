// SPDX-License-Identifier: Apache-2.0
#pragma once
// One value of a column as bytes, and back: what group keys, versions of tables and held rows are
// made of, so part of the state format (docs/formats.md): 1 byte (0 null, 1 present), then 8 bytes
// little endian for numbers and times, 1 byte for a boolean, or 4 bytes of length and the bytes for
// a text. Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/data/arena.h"
#include "engine/data/column.h"

namespace sitrep {

/// Appends the value of `column` in row `row` to `out`.
void append_cell(const Column& column, std::size_t row, std::string& out);
/// Bytes of a text that is present.
constexpr std::size_t text_cell_bytes(std::string_view text) {
  return 1 + sizeof(std::uint32_t) + text.size();
}
/// Write what append_cell appends of a text that is present, and of a null; return where it ends.
char* write_text_cell(std::string_view text, char* to);
char* write_null_cell(char* to);
/// As append_cell, of a double that stands in no column.
void append_double_cell(double value, std::string& out);
/// Takes one value off the front of `in` and appends it to `column`, a text into `arena`; false,
/// with nothing appended, when `in` does not begin with a value of the column's type.
bool take_cell(std::string_view& in, Column& column, Arena& arena);

}  // namespace sitrep
