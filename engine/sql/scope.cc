// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scope.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/sql/expression_factory.h"

namespace sitrep::sql {

namespace {

std::string quoted_names(const InputRow& row) {
  std::vector<std::string> names;
  for (const InputRow::Part& part : row.parts) {
    if (!part.name.empty()) names.push_back(concat("'", part.name, "'"));
  }
  return join(names, ", ");
}

}  // namespace

InputScope::InputScope(const InputRow& row, std::string no_aggregate, Diagnostics& diagnostics)
    : row_(row), no_aggregate_(std::move(no_aggregate)), diagnostics_(diagnostics) {}

std::optional<std::size_t> InputScope::find(const std::vector<std::string>& parts,
                                            std::size_t position) {
  if (parts.size() > 2 || (parts.size() == 2 && row_.find_part(parts[0]) == nullptr)) {
    const std::string names = quoted_names(row_);
    // Only a SELECT has a name for each of its parts.
    const std::string_view who = row_.parts.front().name.empty() ? "there is " : "FROM names ";
    diagnostics_.push_back({position, concat("there is no '", parts[0],
                                             "' to take a column from",
                                             names.empty() ? "" : concat("; ", who, names))});
    return std::nullopt;
  }
  if (parts.back() == "*") {
    diagnostics_.push_back({position, "'*' stands alone in a SELECT list, expected a column"});
    return std::nullopt;
  }
  const std::vector<std::size_t> found = row_.matches(parts);
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    diagnostics_.push_back({position, concat("there is no column '", parts.back(), "'",
                                             suggestion(parts.back(), row_.schema.names()))});
    return std::nullopt;
  }
  std::vector<std::string> choices;
  for (const std::size_t column : found) {
    choices.push_back(concat(row_.part_of(column).name, ".", parts.back()));
  }
  diagnostics_.push_back({position, concat("'", parts.back(), "' can mean ",
                                           join(choices, " and "), "; write which")});
  return std::nullopt;
}

Json InputScope::shape(const Json& node) const {
  return shape_of(node, [this](const Json& fields) {
    const std::vector<std::string> parts = name_parts(fields);
    const std::vector<std::size_t> found = row_.matches(parts);
    return found.size() == 1 ? Json(found.front()) : Json(parts.back());
  });
}

std::optional<Operand> InputScope::column(const std::vector<std::string>& parts,
                                          std::size_t position) {
  const auto index = find(parts, position);
  if (!index) return std::nullopt;
  return Operand{make_column(*index, row_.schema.fields[*index].type), position};
}

std::string InputScope::no_aggregate(std::string_view function) const {
  return concat("'", function, "' is an aggregate; ", no_aggregate_);
}

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  if (const auto near = nearest_name(name, known)) return concat("; did you mean '", *near, "'?");
  if (known.empty()) return "";
  constexpr std::size_t kNamesMax = 12;
  const bool all = known.size() <= kNamesMax;
  const std::span<const std::string> shown(known.data(), all ? known.size() : kNamesMax);
  return concat("; known are ", join(shown, ", "), all ? "" : ", …");
}

}  // namespace sitrep::sql
