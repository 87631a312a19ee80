// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scope.h"

#include <utility>

#include "engine/base/text.h"
#include "engine/sql/expression_factory.h"

namespace sitrep::sql {

InputScope::InputScope(const Schema& schema, std::string name, std::string no_aggregate,
                       Diagnostics& diagnostics)
    : schema_(schema),
      name_(std::move(name)),
      no_aggregate_(std::move(no_aggregate)),
      diagnostics_(diagnostics) {}

std::optional<std::size_t> InputScope::find(const std::vector<std::string>& parts,
                                            std::size_t position) {
  if (parts.size() > 2 || (parts.size() == 2 && parts[0] != name_)) {
    diagnostics_.push_back(
        {position, concat("there is no '", parts[0], "' to take a column from",
                          name_.empty() ? "" : concat("; FROM names '", name_, "'"))});
    return std::nullopt;
  }
  if (parts.back() == "*") {
    diagnostics_.push_back({position, "'*' stands alone in a SELECT list, expected a column"});
    return std::nullopt;
  }
  const auto index = schema_.find(parts.back());
  if (!index) {
    diagnostics_.push_back({position, concat("there is no column '", parts.back(), "'",
                                             suggestion(parts.back(), schema_.names()))});
  }
  return index;
}

std::optional<Operand> InputScope::column(const std::vector<std::string>& parts,
                                          std::size_t position) {
  const auto index = find(parts, position);
  if (!index) return std::nullopt;
  return Operand{make_column(*index, schema_.fields[*index].type), position};
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
