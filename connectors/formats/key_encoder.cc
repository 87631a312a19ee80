// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/key_encoder.h"

#include "connectors/formats/json_text.h"

namespace sitrep {
namespace {

std::optional<std::string_view> encode_single(const Column& column, std::size_t row,
                                              TimestampStyle style, std::string& scratch) {
  if (column.is_null(row)) return std::nullopt;
  if (column.type() == Type::kText) {
    const std::string_view text = column.texts()[row];
    // Not null data: an empty key is a key.
    return text.empty() ? std::string_view("") : text;
  }
  append_json_cell(scratch, column, row, style);
  std::string_view text = scratch;
  const bool quoted = text.starts_with('"');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::optional<std::string_view> encode_key(const ColumnBatch& batch, std::size_t row,
                                           std::span<const std::size_t> columns,
                                           TimestampStyle style, std::string& scratch) {
  scratch.clear();
  if (columns.empty()) return std::nullopt;
  if (columns.size() == 1) return encode_single(batch.column(columns[0]), row, style, scratch);
  for (const std::size_t column : columns) {
    scratch += scratch.empty() ? '[' : ',';
    append_json_cell(scratch, batch.column(column), row, style);
  }
  scratch += ']';
  return scratch;
}

}  // namespace sitrep
