// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/input_row.h"

#include <algorithm>
#include <utility>

#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep::sql {

InputRow InputRow::of(const Schema& columns) {
  InputRow row;
  row.add("", columns);
  return row;
}

void InputRow::add(std::string name, const Schema& columns) {
  parts.push_back(
      {.name = std::move(name), .first = schema.size(), .columns = columns.size()});
  schema.fields.insert(schema.fields.end(), columns.fields.begin(), columns.fields.end());
}

std::vector<std::size_t> InputRow::matches(const std::vector<std::string>& name) const {
  std::vector<std::size_t> found;
  for (const Part& part : parts) {
    if (name.size() == 2 && part.name != name[0]) continue;
    for (std::size_t i = part.first; i < part.first + part.columns; ++i) {
      if (schema.fields[i].name == name.back()) found.push_back(i);
    }
    if (first_part_wins && !found.empty()) break;
  }
  return found;
}

const InputRow::Part& InputRow::part_of(std::size_t column) const {
  const auto after = std::find_if(parts.begin(), parts.end(), [&](const Part& part) {
    return column < part.first + part.columns;
  });
  ENSURE(after != parts.end(), "a column of another row");
  return *after;
}

const InputRow::Part* InputRow::find_part(std::string_view name) const {
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [&](const Part& part) { return part.name == name; });
  return found == parts.end() ? nullptr : &*found;
}

Schema InputRow::qualified() const {
  Schema out = schema;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string& part = part_of(i).name;
    if (!part.empty()) out.fields[i].name = concat(part, ".", out.fields[i].name);
  }
  return out;
}

}  // namespace sitrep::sql
