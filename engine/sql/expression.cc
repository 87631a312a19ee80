// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/expression.h"

#include <algorithm>
#include <set>

namespace sitrep::sql {
namespace {

void collect_columns(const Expression& expression, std::set<std::size_t>& columns) {
  if (expression.kind == ExpressionKind::kColumn) columns.insert(expression.column);
  for (const ExpressionPtr& argument : expression.arguments) collect_columns(*argument, columns);
}

}  // namespace

std::vector<std::size_t> columns_read(const Expression& expression) {
  std::set<std::size_t> columns;
  collect_columns(expression, columns);
  return {columns.begin(), columns.end()};
}

ExpressionPtr with_columns(const ExpressionPtr& expression,
                           const std::vector<std::size_t>& mapping) {
  auto mapped = std::make_shared<Expression>(*expression);
  if (mapped->kind == ExpressionKind::kColumn) mapped->column = mapping.at(mapped->column);
  for (ExpressionPtr& argument : mapped->arguments) argument = with_columns(argument, mapping);
  return mapped;
}

}  // namespace sitrep::sql
