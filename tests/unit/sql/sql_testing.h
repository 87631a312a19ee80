// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of the SQL room share: a schema of one column per type, and one expression's value
// over one row as text. Thread-compatible.

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/text.h"
#include "engine/data/column_batch.h"
#include "engine/sql/evaluator.h"
#include "engine/sql/query.h"

namespace sitrep::sql {

inline const Schema& testing_schema() {
  static const Schema kSchema{{{"b", Type::kBoolean},
                               {"i", Type::kBigint},
                               {"d", Type::kDouble},
                               {"t", Type::kText},
                               {"ts", Type::kTimestamp},
                               {"v", Type::kInterval},
                               {"_key", Type::kText}}};
  return kSchema;
}

inline const FunctionRegistry& testing_functions() {
  static const FunctionRegistry kRegistry = [] {
    FunctionRegistry registry;
    add_builtin_functions(registry);
    return registry;
  }();
  return kRegistry;
}

/// "7: message" per complaint.
inline std::vector<std::string> lines_of(const Diagnostics& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& diagnostic : diagnostics) {
    out.push_back(concat(diagnostic.position, ": ", diagnostic.message));
  }
  return out;
}

/// Binds a query over stream `s` of testing_schema().
inline std::optional<Query> bind_over_s(std::string_view text, Diagnostics& diagnostics) {
  const Catalog catalog = [](std::string_view name) {
    return name == "s" ? &testing_schema() : nullptr;
  };
  const std::vector<std::string> known = {"s"};
  return bind_query(text,
                    {.catalog = catalog, .known_streams = known, .functions = testing_functions()},
                    diagnostics);
}

inline std::vector<std::string> complaints(std::string_view text) {
  Diagnostics diagnostics;
  bind_over_s(text, diagnostics);
  return lines_of(diagnostics);
}

/// The value of `expression` over a row of testing_schema(): "42", "'text'", "null"; complaints
/// when it does not bind; "…!" when the row could not be computed.
inline std::string value_of(std::string_view expression, const std::vector<Value>& row) {
  Diagnostics diagnostics;
  const auto query = bind_over_s(concat("SELECT ", expression, " AS x FROM s"), diagnostics);
  if (!query) return join(lines_of(diagnostics), "; ");
  const ExpressionPtr& bound = query->branches[0].projections[0];
  const ColumnBatch batch = BatchBuilder(testing_schema()).row(row).finish();
  Evaluator evaluator(bound);
  Arena arena;
  const ColumnPtr column = evaluator.evaluate(batch, batch.selection, arena);
  const std::string text = to_string(column->value(0), bound->type);
  return evaluator.take_error_count() > 0 ? text + "!" : text;
}

inline std::string value_of(std::string_view expression) {
  return value_of(expression, std::vector<Value>(testing_schema().size()));
}

}  // namespace sitrep::sql
