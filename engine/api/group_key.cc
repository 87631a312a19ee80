// SPDX-License-Identifier: Apache-2.0
#include "engine/api/group_key.h"

#include <limits>

#include "engine/api/cell_form.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

/// -0 and 0 are one group, as in PostgreSQL; so are all NaNs.
double canonical(double value) {
  if (value == 0) return 0;
  return value == value ? value : std::numeric_limits<double>::quiet_NaN();
}

void encode_value(const Column& column, std::size_t row, std::string& out) {
  if (column.type() != Type::kDouble || column.is_null(row)) return append_cell(column, row, out);
  append_double_cell(canonical(column.doubles()[row]), out);
}

}  // namespace

void encode_group_key(std::span<const ColumnPtr> columns, std::size_t row, std::string& out) {
  out.clear();
  append_group_key(columns, row, out);
}

void append_group_key(std::span<const ColumnPtr> columns, std::size_t row, std::string& out) {
  for (const ColumnPtr& column : columns) encode_value(*column, row, out);
}

Result<void> decode_group_key(std::string_view key, std::span<Column* const> columns,
                              Arena& arena) {
  std::string_view in = key;
  for (Column* column : columns) {
    if (!take_cell(in, *column, arena)) {
      return corrupt(concat("a group key of ", key.size(), " bytes is damaged"));
    }
  }
  if (!in.empty()) return corrupt("a group key has bytes left over");
  return {};
}

}  // namespace sitrep
