// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/describe.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "engine/base/text.h"

namespace sitrep::sql {
namespace {

std::string_view name_of(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kColumn:
      return "column";
    case ExpressionKind::kLiteral:
      return "literal";
    case ExpressionKind::kCall:
      return expression.name;
    case ExpressionKind::kAnd:
      return "and";
    case ExpressionKind::kOr:
      return "or";
    case ExpressionKind::kNot:
      return "not";
    case ExpressionKind::kIsNull:
      return "is null";
    case ExpressionKind::kCase:
      return "case";
    case ExpressionKind::kCoalesce:
      return "coalesce";
  }
  ENSURE(false, "unknown ExpressionKind");
}

}  // namespace

std::string describe(const Expression& expression, const Schema& input) {
  if (expression.kind == ExpressionKind::kColumn) {
    return concat(input.fields[expression.column].name, " ", to_string(expression.type));
  }
  if (expression.kind == ExpressionKind::kLiteral) {
    return to_string(expression.literal, expression.type);
  }
  std::vector<std::string> arguments;
  for (const ExpressionPtr& argument : expression.arguments) {
    arguments.push_back(describe(*argument, input));
  }
  return concat(name_of(expression), "(", join(arguments, ", "), ") ", to_string(expression.type));
}

std::string describe(const Grouping& grouping, const Schema& input) {
  std::vector<std::string> keys;
  for (const ExpressionPtr& key : grouping.keys) keys.push_back(describe(*key, input));
  std::vector<std::string> aggregates;
  for (const AggregateCall& call : grouping.aggregates) {
    std::vector<std::string> arguments;
    for (const ExpressionPtr& argument : call.arguments) {
      arguments.push_back(describe(*argument, input));
    }
    // The name is all of the text before the parenthesis, DISTINCT the first word behind it.
    const std::size_t open = call.text.find('(');
    const bool distinct = call.text.find("DISTINCT ", open) == open + 1;
    std::string name = call.text.substr(0, open);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    aggregates.push_back(
        concat(name, "(", distinct ? "DISTINCT " : "", join(arguments, ", "), ")",
               call.filter ? concat(" FILTER ", describe(*call.filter, input)) : std::string()));
  }
  const Window& window = grouping.window;
  return concat("GROUP BY ", join(keys, ", "), " WINDOW ", window.width, " us every ", window.slide,
                " us from ", window.offset, " us: ", join(aggregates, ", "));
}

}  // namespace sitrep::sql
