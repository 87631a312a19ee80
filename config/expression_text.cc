// SPDX-License-Identifier: Apache-2.0
#include "config/expression_text.h"

#include <cctype>
#include <variant>

#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

class Writer {
 public:
  explicit Writer(const std::vector<std::string>& columns) : columns_(columns) {}

  std::string text(const sql::Expression& expression) const {
    switch (expression.kind) {
      case sql::ExpressionKind::kColumn: return columns_.at(expression.column);
      case sql::ExpressionKind::kLiteral: return literal(expression);
      case sql::ExpressionKind::kCall: return call(expression);
      case sql::ExpressionKind::kAnd: return infix(expression, " AND ");
      case sql::ExpressionKind::kOr: return infix(expression, " OR ");
      case sql::ExpressionKind::kNot: return concat("NOT ", operand(expression, 0));
      case sql::ExpressionKind::kIsNull: return concat(operand(expression, 0), " IS NULL");
      case sql::ExpressionKind::kCase: return branches(expression);
      case sql::ExpressionKind::kCoalesce: return concat("coalesce(", list(expression), ")");
    }
    ENSURE(false, "unknown ExpressionKind");
  }

 private:
  static bool is_symbol(const std::string& name) {
    return !name.empty() && std::isalpha(static_cast<unsigned char>(name[0])) == 0;
  }
  static bool widens(const sql::Expression& expression) {
    return expression.name == "cast" && expression.type == Type::kDouble &&
           expression.arguments[0]->type == Type::kBigint;
  }

  static std::string literal(const sql::Expression& expression) {
    const std::string value = to_string(expression.literal, expression.type);
    const bool quoted = expression.type == Type::kTimestamp && !is_null(expression.literal);
    return quoted ? concat("'", value, "'") : value;
  }

  std::string call(const sql::Expression& expression) const {
    if (widens(expression)) return text(*expression.arguments[0]);
    if (expression.name == "cast") {
      return concat("cast(", list(expression), " AS ", to_string(expression.type), ")");
    }
    if (!is_symbol(expression.name)) return concat(expression.name, "(", list(expression), ")");
    if (expression.arguments.size() == 1) {
      return concat(expression.name, operand(expression, 0));
    }
    return infix(expression, concat(" ", expression.name, " "));
  }

  /// An argument, in parentheses where it has several parts itself.
  std::string operand(const sql::Expression& expression, std::size_t index) const {
    const sql::Expression& argument = *expression.arguments[index];
    const std::string inner = text(argument);
    const bool parts = argument.kind == sql::ExpressionKind::kAnd ||
                       argument.kind == sql::ExpressionKind::kOr ||
                       argument.kind == sql::ExpressionKind::kNot ||
                       argument.kind == sql::ExpressionKind::kIsNull ||
                       (argument.kind == sql::ExpressionKind::kCall && is_symbol(argument.name));
    return parts ? concat("(", inner, ")") : inner;
  }

  std::string infix(const sql::Expression& expression, const std::string& between) const {
    std::string out;
    for (std::size_t i = 0; i < expression.arguments.size(); ++i) {
      if (i > 0) out += between;
      out += operand(expression, i);
    }
    return out;
  }

  std::string list(const sql::Expression& expression) const {
    std::vector<std::string> arguments;
    for (const auto& argument : expression.arguments) arguments.push_back(text(*argument));
    return join(arguments, ", ");
  }

  std::string branches(const sql::Expression& expression) const {
    std::string out = "CASE";
    const auto& arguments = expression.arguments;
    for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
      out += concat(" WHEN ", text(*arguments[i]), " THEN ", text(*arguments[i + 1]));
    }
    return out + concat(" ELSE ", text(*arguments.back()), " END");
  }

  const std::vector<std::string>& columns_;
};

}  // namespace

std::string expression_text(const sql::Expression& expression,
                            const std::vector<std::string>& columns) {
  return Writer(columns).text(expression);
}

}  // namespace sitrep
