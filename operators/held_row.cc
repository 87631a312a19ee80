// SPDX-License-Identifier: Apache-2.0
#include "operators/held_row.h"

#include <algorithm>
#include <optional>

#include "engine/api/cell_form.h"
#include "engine/api/raw_bytes.h"
#include "engine/api/type_code.h"
#include "engine/base/hash.h"

namespace sitrep {

HeldRow::HeldRow(const Schema& schema) {
  for (const Field& field : schema.fields) {
    names_.push_back(
        {.hash = static_cast<std::uint32_t>(hash_bytes(field.name)), .type = field.type});
  }
}

void HeldRow::save(std::span<const ColumnPtr> columns, std::size_t row, Micros time,
                   std::string& out) const {
  append_raw(out, time);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    append_raw(out, names_[i].hash);
    append_raw(out, code_of(names_[i].type));
    append_cell(*columns[i], row, out);
  }
}

Result<Micros> HeldRow::load(std::string_view in, std::span<const std::shared_ptr<Column>> columns,
                             Arena& arena) const {
  const std::size_t rows = columns.empty() ? 0 : columns.front()->size();
  Micros time = 0;
  if (!take_raw(in, time)) return corrupt("a held row is too short");
  while (!in.empty()) {
    std::uint32_t hash = 0;
    std::uint8_t code = 0;
    if (!take_raw(in, hash) || !take_raw(in, code)) return corrupt("a held row is cut");
    const std::optional<Type> type = type_of(code);
    if (!type) return corrupt("a held row has a column of no known type");
    Column skipped(*type);
    Column* into = &skipped;
    for (std::size_t i = 0; i < names_.size() && i < columns.size(); ++i) {
      const bool mine = names_[i].hash == hash && names_[i].type == *type;
      if (mine && columns[i]->size() == rows) into = columns[i].get();
    }
    if (!take_cell(in, *into, arena)) return corrupt("a held row has a damaged value");
  }
  for (const auto& column : columns) {
    if (column->size() == rows) column->append_null();
  }
  return time;
}

}  // namespace sitrep
