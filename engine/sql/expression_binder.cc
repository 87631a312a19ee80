// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/expression_binder.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "engine/base/text.h"
#include "engine/sql/cast_text.h"
#include "engine/sql/expression_factory.h"
#include "engine/sql/unsupported.h"

namespace sitrep::sql {
namespace {

/// Where the token at `position` or after it begins: past white space and comments.
std::size_t next_token(std::string_view text, std::size_t position) {
  while (position < text.size()) {
    if (std::isspace(static_cast<unsigned char>(text[position])) != 0) {
      ++position;
    } else if (text.substr(position, 2) == "--") {
      position = std::min(text.find('\n', position), text.size());
    } else if (text.substr(position, 2) == "/*") {
      position = std::min(text.find("*/", position), text.size() - 2) + 2;
    } else {
      break;
    }
  }
  return position;
}

/// An integer constant in the SQL text, signs and parentheses before it included. libpg_query 15
/// leaves integers that are not positive out of its JSON ({"ival": {}}), so they are read where
/// they stand.
std::optional<std::int64_t> integer_at(std::string_view text, std::size_t position) {
  bool negative = false;
  for (position = next_token(text, position);
       position < text.size() && (text[position] == '-' || text[position] == '(');
       position = next_token(text, position + 1)) {
    negative = negative != (text[position] == '-');
  }
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data() + position, text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return negative ? -value : value;
}

/// The only name of a column reference, or of an operator.
std::string only_name(const Json& list) {
  const std::vector<std::string> parts = name_parts(list);
  return parts.empty() ? std::string() : parts.back();
}

}  // namespace

ExpressionBinder::Bound ExpressionBinder::fail(std::size_t position, std::string message) {
  diagnostics_.push_back({position, std::move(message)});
  return std::nullopt;
}

std::optional<Operand> ExpressionBinder::bind(const Json& node) {
  if (const Scope::Answer answer = scope_.take(node); answer.taken) return answer.operand;
  const std::string_view kind = kind_of(node);
  const Json& body = body_of(node);
  const std::size_t position = location_of(node);
  if (kind == "ColumnRef") return scope_.column(name_parts(list_in(body, "fields")), position);
  if (kind == "A_Const") return bind_constant(body, position);
  if (kind == "A_Expr") return bind_operator_node(body, position);
  if (kind == "BoolExpr") return bind_logic(body, position);
  if (kind == "NullTest") return bind_null_test(body, position);
  if (kind == "BooleanTest") return bind_boolean_test(body, position);
  if (kind == "CaseExpr") return bind_case(body, position);
  if (kind == "CoalesceExpr") return bind_coalesce(body, position);
  if (kind == "MinMaxExpr") return bind_extreme(body, position);
  if (kind == "TypeCast") return bind_cast(body, position);
  if (kind == "FuncCall") return bind_function(body, position);
  return fail(position, unsupported_expression(node));
}

ExpressionPtr ExpressionBinder::bind_as(const Json& node, Type type, std::string_view where) {
  const Bound bound = bind(node);
  if (!bound) return nullptr;
  auto coerced = coerce(*bound, type);
  if (coerced) return *std::move(coerced);
  fail(bound->position, concat(where, ": ", coerced.error().message()));
  return nullptr;
}

ExpressionPtr ExpressionBinder::bind_typed(const Json& node) {
  const Bound bound = bind(node);
  if (!bound) return nullptr;
  if (!bound->untyped) return bound->expression;
  return make_literal(bound->expression->literal, Type::kText);
}

std::optional<std::vector<Operand>> ExpressionBinder::bind_all(const Json& nodes) {
  std::vector<Operand> operands;
  for (const Json& node : nodes) {
    if (auto bound = bind(node)) operands.push_back(*std::move(bound));
  }
  if (operands.size() != nodes.size()) return std::nullopt;
  return operands;
}

std::optional<std::vector<ExpressionPtr>> ExpressionBinder::unify(
    const std::vector<Operand>& operands, std::string_view what, std::size_t position) {
  const auto type = common_type(operands);
  if (!type) {
    std::vector<std::string> types;
    for (const Operand& operand : operands) types.push_back(describe_type(operand));
    fail(position, concat(what, " has values of different types (", join(types, ", "),
                          "); cast them to one"));
    return std::nullopt;
  }
  std::vector<ExpressionPtr> out;
  for (const Operand& operand : operands) {
    auto coerced = coerce(operand, *type);
    if (coerced) {
      out.push_back(*std::move(coerced));
    } else {
      fail(operand.position, coerced.error().message());
    }
  }
  if (out.size() != operands.size()) return std::nullopt;
  return out;
}

ExpressionBinder::Bound ExpressionBinder::bind_constant(const Json& body, std::size_t position) {
  if (flag_in(body, "isnull")) {
    return Operand{make_literal(Null{}, Type::kText), position, /*untyped=*/true};
  }
  if (const Json* text = find_in(body, "sval")) {
    return Operand{make_literal(text_in(*text, "sval"), Type::kText), position, /*untyped=*/true};
  }
  if (const Json* boolean = find_in(body, "boolval")) {
    return Operand{make_literal(flag_in(*boolean, "boolval"), Type::kBoolean), position};
  }
  if (const Json* integer = find_in(body, "ival")) {
    const Json* given = find_in(*integer, "ival");
    const Json* place = find_in(body, "location");
    const bool placed = place != nullptr && place->get<long>() >= 0;  // SUBSTRING adds a bare 1
    std::optional<std::int64_t> value;
    if (given != nullptr) {
      value = given->get<std::int64_t>();
    } else {
      value = placed ? integer_at(text_, position) : 0;
    }
    if (value) return Operand{make_literal(*value, Type::kBigint), position};
  }
  if (const Json* number = find_in(body, "fval")) {
    const std::string digits = text_in(*number, "fval");
    std::int64_t whole = 0;
    if (read_bigint(digits, whole)) return Operand{make_literal(whole, Type::kBigint), position};
    double value = 0;
    if (read_double(digits, value)) return Operand{make_literal(value, Type::kDouble), position};
    return fail(position, concat("the number ", digits, " is out of range"));
  }
  return fail(position,
              "found a constant of a kind that is not supported; use a number, a 'text', "
              "true, false or NULL");
}

ExpressionBinder::Bound ExpressionBinder::bind_logic(const Json& body, std::size_t position) {
  const std::string symbol = text_in(body, "boolop");
  const std::string_view word = symbol == "AND_EXPR" ? "AND" : symbol == "OR_EXPR" ? "OR" : "NOT";
  const ExpressionKind kind = symbol == "AND_EXPR"  ? ExpressionKind::kAnd
                              : symbol == "OR_EXPR" ? ExpressionKind::kOr
                                                    : ExpressionKind::kNot;
  std::vector<ExpressionPtr> arguments;
  const Json& nodes = list_in(body, "args");
  for (const Json& node : nodes) {
    if (auto argument = bind_as(node, Type::kBoolean, word)) arguments.push_back(argument);
  }
  if (arguments.size() != nodes.size()) return std::nullopt;
  return Operand{make_logical(kind, std::move(arguments)), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_null_test(const Json& body, std::size_t position) {
  const Json* node = find_in(body, "arg");
  const ExpressionPtr argument = bind_typed(*node);
  if (argument == nullptr) return std::nullopt;
  ExpressionPtr test = make_logical(ExpressionKind::kIsNull, {argument});
  if (text_in(body, "nulltesttype") == "IS_NOT_NULL") {
    test = make_logical(ExpressionKind::kNot, {std::move(test)});
  }
  return Operand{std::move(test), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_boolean_test(const Json& body,
                                                            std::size_t position) {
  const std::string test = text_in(body, "booltesttype");
  const ExpressionPtr argument = bind_as(*find_in(body, "arg"), Type::kBoolean, "IS TRUE or FALSE");
  if (argument == nullptr) return std::nullopt;
  const auto negated = [](ExpressionPtr of) {
    return make_logical(ExpressionKind::kNot, {std::move(of)});
  };
  // Never null: an unknown is neither true nor false.
  const auto is = [&](bool value) {
    return make_choice(ExpressionKind::kCoalesce, Type::kBoolean,
                       {value ? argument : negated(argument), make_literal(false, Type::kBoolean)});
  };
  if (test == "IS_TRUE") return Operand{is(true), position};
  if (test == "IS_NOT_TRUE") return Operand{negated(is(true)), position};
  if (test == "IS_FALSE") return Operand{is(false), position};
  if (test == "IS_NOT_FALSE") return Operand{negated(is(false)), position};
  ExpressionPtr unknown = make_logical(ExpressionKind::kIsNull, {argument});
  if (test == "IS_NOT_UNKNOWN") unknown = negated(std::move(unknown));
  return Operand{std::move(unknown), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_case(const Json& body, std::size_t position) {
  std::optional<Operand> subject;
  bool good = true;
  if (const Json* node = find_in(body, "arg")) {
    subject = bind(*node);
    good = subject.has_value();
  }
  std::vector<ExpressionPtr> conditions;
  std::vector<Operand> results;
  for (const Json& branch : list_in(body, "args")) {
    const Json& when = body_of(branch);
    const Json& test = *find_in(when, "expr");
    ExpressionPtr condition;
    if (find_in(body, "arg") == nullptr) {
      condition = bind_as(test, Type::kBoolean, "WHEN");
    } else if (const Bound value = bind(test); value && subject) {
      const Bound equal = bind_comparison("=", *subject, *value, value->position);
      if (equal) condition = equal->expression;
    }
    const Bound result = bind(*find_in(when, "result"));
    good = good && condition != nullptr && result.has_value();
    if (!good) continue;
    conditions.push_back(std::move(condition));
    results.push_back(*result);
  }
  Bound otherwise = Operand{make_literal(Null{}, Type::kText), position, /*untyped=*/true};
  if (const Json* node = find_in(body, "defresult")) otherwise = bind(*node);
  if (!good || !otherwise) return std::nullopt;
  results.push_back(*otherwise);
  auto unified = unify(results, "CASE", position);
  if (!unified) return std::nullopt;
  std::vector<ExpressionPtr> arguments;
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    arguments.push_back(conditions[i]);
    arguments.push_back((*unified)[i]);
  }
  arguments.push_back(unified->back());
  const Type type = arguments.back()->type;
  return Operand{make_choice(ExpressionKind::kCase, type, std::move(arguments)), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_coalesce(const Json& body, std::size_t position) {
  const auto operands = bind_all(list_in(body, "args"));
  if (!operands) return std::nullopt;
  auto unified = unify(*operands, "COALESCE", position);
  if (!unified) return std::nullopt;
  const Type type = unified->front()->type;
  return Operand{make_choice(ExpressionKind::kCoalesce, type, *std::move(unified)), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_extreme(const Json& body, std::size_t position) {
  const bool greatest = text_in(body, "op") != "IS_LEAST";
  const auto operands = bind_all(list_in(body, "args"));
  if (!operands) return std::nullopt;
  auto unified = unify(*operands, greatest ? "GREATEST" : "LEAST", position);
  if (!unified) return std::nullopt;
  std::vector<Operand> typed;
  for (std::size_t i = 0; i < unified->size(); ++i) {
    typed.push_back({(*unified)[i], (*operands)[i].position});
  }
  return call_scalar(greatest ? "greatest" : "least", std::move(typed), position);
}

std::optional<Type> ExpressionBinder::type_of_name(const Json& type_name, std::size_t position) {
  const std::string name = only_name(list_in(type_name, "names"));
  if (!list_in(type_name, "typmods").empty()) {
    fail(position, name == "interval"
                       ? "a unit after the quotes is not supported; write interval '5 minutes'"
                       : concat("a length or precision of type '", name,
                                "' is not supported; leave it out, and use round(x, digits)"));
    return std::nullopt;
  }
  if (!list_in(type_name, "arrayBounds").empty()) {
    fail(position, "arrays are not supported; use several columns");
    return std::nullopt;
  }
  // Fixed-point numbers are doubles here, and every integer has 64 bits.
  if (name == "numeric" || name == "float4") return Type::kDouble;
  if (name == "int2") return Type::kBigint;
  const auto type = type_from_name(name);
  if (!type) {
    fail(position, concat("there is no type '", name, "'",
                          suggestion(name, {type_names().begin(), type_names().end()})));
  }
  return type;
}

ExpressionBinder::Bound ExpressionBinder::bind_cast(const Json& body, std::size_t position) {
  const Json& type_name = *find_in(body, "typeName");
  const auto type = type_of_name(type_name, location_of(type_name));
  const Bound operand = bind(*find_in(body, "arg"));
  if (!type || !operand) return std::nullopt;
  auto converted = cast(*operand, *type);
  if (!converted) return fail(operand->position, converted.error().message());
  return Operand{*std::move(converted), position};
}

}  // namespace sitrep::sql
