// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/select_binder.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/expression_factory.h"
#include "engine/sql/from_clause.h"
#include "engine/sql/grouped_scope.h"
#include "engine/sql/unsupported.h"
#include "engine/sql/window_clause.h"

namespace sitrep::sql {
namespace {

/// The name that SQL gives an unnamed item: the column's or the function's; empty when it has none.
std::string implied_name(const Json& node) {
  const std::string_view kind = kind_of(node);
  const Json& body = body_of(node);
  if (kind == "ColumnRef") return name_parts(list_in(body, "fields")).back();
  if (kind == "FuncCall") return name_parts(list_in(body, "funcname")).back();
  if (kind == "TypeCast") return implied_name(*find_in(body, "arg"));
  if (kind == "CoalesceExpr") return "coalesce";
  if (kind == "MinMaxExpr") return text_in(body, "op") == "IS_LEAST" ? "least" : "greatest";
  return "";
}

bool is_star(const Json& node) {
  return kind_of(node) == "ColumnRef" && implied_name(node) == "*";
}

class SelectBinder {
 public:
  SelectBinder(std::string_view text, const Json& body, const BindOptions& options,
               Diagnostics& diagnostics)
      : text_(text), body_(body), options_(options), diagnostics_(diagnostics) {}

  std::optional<BoundSelect> bind() {
    const std::size_t errors_before = diagnostics_.size();
    if (const auto complaint = unsupported_clause(body_)) diagnostics_.push_back(*complaint);
    if (!bind_from(body_, options_, bound_.select, row_, diagnostics_)) return std::nullopt;
    InputScope input(row_, no_aggregate_text(), diagnostics_);
    bind_where(input);
    if (list_in(body_, "groupClause").empty()) {
      bind_plain(input);
    } else {
      bind_grouped(input);
    }
    if (diagnostics_.size() > errors_before) return std::nullopt;
    return std::move(bound_);
  }

 private:
  void complain(std::size_t position, std::string message) {
    diagnostics_.push_back({position, std::move(message)});
  }

  std::string no_aggregate_text() const {
    return list_in(body_, "groupClause").empty()
               ? "add GROUP BY with a window, like GROUP BY tumble(interval '1 minute')"
               : "it stands in the SELECT list or in HAVING, not here";
  }

  void bind_where(InputScope& input) {
    const Json* where = find_in(body_, "whereClause");
    if (where == nullptr) return;
    InputScope scope(input.row(), "WHERE looks at single rows; use HAVING for groups",
                     diagnostics_);
    ExpressionBinder binder(text_, scope, options_.functions, diagnostics_);
    bound_.select.where = binder.bind_as(*where, Type::kBoolean, "WHERE");
  }

  void bind_plain(InputScope& input) {
    ExpressionBinder binder(text_, input, options_.functions, diagnostics_);
    for (const Json& target : list_in(body_, "targetList")) {
      const Json& value = *find_in(body_of(target), "val");
      if (is_star(value)) {
        add_all_columns(input, value);
      } else {
        bind_target(target, binder);
      }
    }
    if (const Json* having = find_in(body_, "havingClause")) {
      complain(location_of(*having),
               "HAVING stands after GROUP BY; use WHERE to choose single rows");
    }
  }

  /// Message metadata (_key, _offset, …) is not among the columns of *.
  void add_all_columns(InputScope& input, const Json& star) {
    const auto parts = name_parts(list_in(body_of(star), "fields"));
    if (parts.size() > 1 && input.row().find_part(parts[0]) == nullptr) {
      complain(location_of(star), concat("there is no '", parts[0], "' to take columns from"));
      return;
    }
    const auto& fields = input.row().schema.fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name.starts_with('_')) continue;
      if (parts.size() > 1 && input.row().part_of(i).name != parts[0]) continue;
      bound_.names.push_back(fields[i].name);
      bound_.outputs.push_back({make_column(i, fields[i].type), location_of(star)});
    }
  }

  void bind_target(const Json& target, ExpressionBinder& binder) {
    const Json& value = *find_in(body_of(target), "val");
    const std::string alias = text_in(body_of(target), "name");
    auto operand = binder.bind(value);
    if (!operand) return;
    bound_.names.push_back(alias.empty() ? implied_name(value) : alias);
    bound_.outputs.push_back(*std::move(operand));
  }

  void bind_grouped(InputScope& input) {
    bound_.select.grouping.emplace();
    Grouping& grouping = *bound_.select.grouping;
    std::vector<Json> key_shapes;
    const std::size_t errors_before = diagnostics_.size();
    bind_keys(input, grouping, key_shapes);
    if (diagnostics_.size() > errors_before) return;
    GroupedScope scope(text_, input, options_.functions, std::move(key_shapes), grouping,
                       diagnostics_);
    ExpressionBinder binder(text_, scope, options_.functions, diagnostics_);
    for (const Json& target : list_in(body_, "targetList")) {
      const Json& value = *find_in(body_of(target), "val");
      if (is_star(value)) {
        complain(location_of(value), "'*' does not go with GROUP BY; name the columns");
      } else {
        bind_target(target, binder);
      }
    }
    if (const Json* having = find_in(body_, "havingClause")) {
      grouping.having = binder.bind_as(*having, Type::kBoolean, "HAVING");
    }
  }

  void bind_keys(InputScope& input, Grouping& grouping, std::vector<Json>& key_shapes) {
    ExpressionBinder binder(text_, input, options_.functions, diagnostics_);
    const Json& items = list_in(body_, "groupClause");
    bound_.select.group_position = location_of(items[0]);
    const std::size_t errors_before = diagnostics_.size();
    std::size_t windows = 0;
    for (const Json& item : items) {
      const Json& node = meant(item, input);
      if (is_window(node)) {
        if (++windows > 1) complain(location_of(item), "found a second window, expected one");
        if (auto window = bind_window(node, binder, diagnostics_)) grouping.window = *window;
        continue;
      }
      if (kind_of(node) == "GroupingSet") {
        complain(location_of(item), "ROLLUP, CUBE and GROUPING SETS are not supported; write one "
                                    "SELECT per grouping with UNION ALL");
        continue;
      }
      const ExpressionPtr key = binder.bind_typed(node);
      if (key == nullptr) continue;
      const bool plain = key->kind == ExpressionKind::kColumn;
      grouping.key_columns.push_back(plain ? std::optional(key->column) : std::nullopt);
      grouping.keys.push_back(key);
      key_shapes.push_back(input.shape(node));
    }
    if (windows == 0 && diagnostics_.size() == errors_before) {
      complain(
          bound_.select.group_position,
          "GROUP BY has no window, and a stream has no end; add tumble(interval '1 minute') or "
          "hop(interval '5 minutes', interval '1 minute')");
    }
  }

  /// What an item of GROUP BY means: an expression, an alias or the number of an output column.
  const Json& meant(const Json& item, const InputScope& input) const {
    const Json& targets = list_in(body_, "targetList");
    if (kind_of(item) == "A_Const") {
      const Json* integer = find_in(body_of(item), "ival");
      const Json* number = integer == nullptr ? nullptr : find_in(*integer, "ival");
      const std::size_t index = number == nullptr ? 0 : number->get<std::size_t>();
      if (index >= 1 && index <= targets.size()) {
        return *find_in(body_of(targets[index - 1]), "val");
      }
    }
    if (kind_of(item) != "ColumnRef") return item;
    const auto parts = name_parts(list_in(body_of(item), "fields"));
    if (parts.size() > 1 || input.row().schema.find(parts[0])) return item;
    for (const Json& target : targets) {
      if (text_in(body_of(target), "name") == parts[0]) return *find_in(body_of(target), "val");
    }
    return item;
  }

  std::string_view text_;
  const Json& body_;
  const BindOptions& options_;
  Diagnostics& diagnostics_;
  InputRow row_;
  BoundSelect bound_;
};

}  // namespace

std::optional<BoundSelect> bind_select(std::string_view text, const Json& body,
                                       const BindOptions& options, Diagnostics& diagnostics) {
  return SelectBinder(text, body, options, diagnostics).bind();
}

}  // namespace sitrep::sql
