// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/query.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/sql/aggregates.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/history_scope.h"
#include "engine/sql/scalar_functions.h"
#include "engine/sql/select_binder.h"
#include "engine/sql/unsupported.h"

namespace sitrep::sql {
namespace {

/// The SELECTs of a tree of UNION ALL, in order.
bool collect_branches(const Json& select, std::vector<const Json*>& branches,
                      Diagnostics& diagnostics) {
  const std::string operation = text_in(select, "op");
  if (operation.empty() || operation == "SETOP_NONE") {
    branches.push_back(&select);
    return true;
  }
  if (const auto complaint = unsupported_clause(select)) {
    diagnostics.push_back(*complaint);
    return false;
  }
  const Json* left = find_in(select, "larg");
  const Json* right = find_in(select, "rarg");
  if (operation != "SETOP_UNION" || !flag_in(select, "all")) {
    const std::string_view word = operation == "SETOP_UNION"       ? "UNION"
                                  : operation == "SETOP_INTERSECT" ? "INTERSECT"
                                                                   : "EXCEPT";
    diagnostics.push_back({location_of(*right), concat(word, " is not supported on streams without "
                                                             "end; use UNION ALL")});
    return false;
  }
  return collect_branches(*left, branches, diagnostics) &&
         collect_branches(*right, branches, diagnostics);
}

/// Brings column `index` of all branches to one type.
std::optional<Type> unify_column(std::vector<BoundSelect>& branches, std::size_t index,
                                 Diagnostics& diagnostics) {
  std::vector<Operand> column;
  for (const BoundSelect& branch : branches) column.push_back(branch.outputs[index]);
  const auto type = common_type(column);
  if (!type) {
    std::vector<std::string> types;
    for (const Operand& operand : column) types.push_back(describe_type(operand));
    diagnostics.push_back({column.back().position,
                           concat("column '", branches.front().names[index],
                                  "' of the UNION ALL has different types (", join(types, ", "),
                                  "); cast them to one")});
    return std::nullopt;
  }
  for (std::size_t i = 0; i < branches.size(); ++i) {
    auto coerced = coerce(column[i], *type);
    if (!coerced) {
      diagnostics.push_back({column[i].position, coerced.error().message()});
      return std::nullopt;
    }
    branches[i].select.projections.push_back(*std::move(coerced));
  }
  return type;
}

std::optional<Query> unite(std::vector<BoundSelect> branches, Diagnostics& diagnostics) {
  const std::size_t columns = branches.front().outputs.size();
  for (const BoundSelect& branch : branches) {
    if (branch.outputs.size() == columns) continue;
    diagnostics.push_back({branch.outputs.empty() ? branch.select.from_position
                                                  : branch.outputs.front().position,
                           concat("found ", branch.outputs.size(), " columns, expected ", columns,
                                  " as in the first SELECT of the UNION ALL")});
    return std::nullopt;
  }
  Query query;
  for (std::size_t i = 0; i < columns; ++i) {
    if (branches.front().names[i].empty()) {
      diagnostics.push_back({branches.front().outputs[i].position,
                             "this expression has no name; give it one with AS"});
      return std::nullopt;
    }
    const auto type = unify_column(branches, i, diagnostics);
    if (!type) return std::nullopt;
    query.output.fields.push_back({branches.front().names[i], *type});
  }
  for (BoundSelect& branch : branches) query.branches.push_back(std::move(branch.select));
  return query;
}

/// The names in an item of FROM, those of joins included.
void collect_names(const Json& item, std::vector<std::string>& names) {
  const Json& body = body_of(item);
  if (kind_of(item) == "RangeVar") names.push_back(text_in(body, "relname"));
  if (kind_of(item) != "JoinExpr") return;
  for (const char* side : {"larg", "rarg"}) {
    if (const Json* part = find_in(body, side)) collect_names(*part, names);
  }
}

void sort_by_place(Diagnostics& diagnostics, std::size_t from) {
  std::stable_sort(
      diagnostics.begin() + static_cast<std::ptrdiff_t>(from), diagnostics.end(),
      [](const Diagnostic& a, const Diagnostic& b) { return a.position < b.position; });
}

}  // namespace

std::vector<std::string> referenced_streams(std::string_view text) {
  Diagnostics ignored;
  std::vector<std::string> names;
  const auto tree = parse_select(text, ignored);
  std::vector<const Json*> branches;
  if (!tree || !collect_branches(*tree, branches, ignored)) return names;
  for (const Json* branch : branches) {
    for (const Json& item : list_in(*branch, "fromClause")) collect_names(item, names);
  }
  return names;
}

std::optional<Query> bind_query(std::string_view text, const BindOptions& options,
                                Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.size();
  const auto tree = parse_select(text, diagnostics);
  std::vector<const Json*> bodies;
  if (!tree || !collect_branches(*tree, bodies, diagnostics)) return std::nullopt;
  std::vector<BoundSelect> branches;
  for (const Json* body : bodies) {
    if (auto branch = bind_select(text, *body, options, diagnostics)) {
      branches.push_back(*std::move(branch));
    }
  }
  sort_by_place(diagnostics, errors_before);
  if (branches.size() != bodies.size()) return std::nullopt;
  return unite(std::move(branches), diagnostics);
}

namespace {

/// What a lone expression must be, for errors.
struct LoneKind {
  /// Nothing: any.
  std::optional<Type> type;
  std::string_view name;
  std::string_view example;
};

/// The expression of "SELECT <expression>" and nothing else; null when there is more.
const Json* lone_target(const Json& select) {
  const Json& targets = list_in(select, "targetList");
  const bool lone = targets.size() == 1 && list_in(select, "fromClause").empty() &&
                    find_in(select, "whereClause") == nullptr &&
                    text_in(select, "op") != "SETOP_UNION" &&
                    text_in(body_of(targets[0]), "name").empty();
  return lone ? find_in(body_of(targets[0]), "val") : nullptr;
}

ExpressionPtr bind_target(std::string_view select, const Json& target, const LoneKind& kind,
                          const LoneOptions& options, Diagnostics& diagnostics) {
  InputScope columns(options.row,
                     concat(kind.name, " looks at single rows; put the aggregate into a stream "
                                       "and let the alert read that"),
                     diagnostics);
  std::optional<HistoryScope> across_rows;
  if (options.history != nullptr) {
    across_rows.emplace(select, columns, options.functions, *options.history, diagnostics);
  }
  Scope& scope = across_rows ? static_cast<Scope&>(*across_rows) : columns;
  ExpressionBinder binder(select, scope, options.functions, diagnostics);
  return kind.type ? binder.bind_as(target, *kind.type, kind.name) : binder.bind_typed(target);
}

ExpressionPtr bind_lone(std::string_view text, const LoneKind& kind, const LoneOptions& options,
                        Diagnostics& diagnostics) {
  constexpr std::string_view kPrefix = "SELECT ";
  const std::string select = concat(kPrefix, text);
  const std::size_t errors_before = diagnostics.size();
  ExpressionPtr bound;
  if (const auto tree = parse_select(select, diagnostics)) {
    if (const Json* target = lone_target(*tree)) {
      bound = bind_target(select, *target, kind, options, diagnostics);
    } else {
      diagnostics.push_back({kPrefix.size(), concat("found more than ", kind.name,
                                                    ", expected one like ", kind.example)});
    }
  }
  for (std::size_t i = errors_before; i < diagnostics.size(); ++i) {
    std::size_t& position = diagnostics[i].position;
    position -= std::min(position, kPrefix.size());
  }
  sort_by_place(diagnostics, errors_before);
  return bound;
}

}  // namespace

ExpressionPtr bind_condition(std::string_view text, const LoneOptions& options,
                             Diagnostics& diagnostics) {
  return bind_lone(text,
                   {.type = Type::kBoolean,
                    .name = "a condition",
                    .example = "speed > 110 AND engine_on"},
                   options, diagnostics);
}

ExpressionPtr bind_severity(std::string_view text, const LoneOptions& options,
                            Diagnostics& diagnostics) {
  return bind_lone(text,
                   {.type = Type::kText,
                    .name = "a severity",
                    .example = "CASE WHEN speed > 130 THEN 'critical' ELSE 'warning' END"},
                   options, diagnostics);
}

ExpressionPtr bind_value(std::string_view text, const LoneOptions& options,
                         Diagnostics& diagnostics) {
  return bind_lone(
      text, {.type = std::nullopt, .name = "a value", .example = "{round(speed, 1)}"}, options,
      diagnostics);
}

void add_builtin_functions(FunctionRegistry& registry) {
  add_builtin_aggregates(registry);
  add_builtin_scalars(registry);
}

}  // namespace sitrep::sql
