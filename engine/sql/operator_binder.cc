// SPDX-License-Identifier: Apache-2.0
// The part of ExpressionBinder that binds operators: which kernel, for which types.
#include <array>
#include <utility>

#include "engine/base/text.h"
#include "engine/sql/arithmetic.h"
#include "engine/sql/comparison.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/expression_factory.h"
#include "engine/sql/text_operators.h"

namespace sitrep::sql {
namespace {

std::string operator_name(const Json& body) {
  const std::vector<std::string> parts = name_parts(list_in(body, "name"));
  return parts.empty() ? std::string() : parts.back();
}

ExpressionPtr negated(ExpressionPtr of) {
  return make_logical(ExpressionKind::kNot, {std::move(of)});
}

/// Constructs that PostgreSQL has and that cannot be bound, by the kind of their A_Expr.
std::string unsupported_operator(const std::string& kind, const std::string& symbol) {
  if (kind == "AEXPR_OP_ANY" || kind == "AEXPR_OP_ALL") {
    return "ANY and ALL over arrays are not supported; use x IN (1, 2, 3)";
  }
  if (kind == "AEXPR_SIMILAR") return "SIMILAR TO is not supported; use LIKE";
  if (symbol[0] == '~' || symbol[0] == '!') {
    return concat("regular expressions ('", symbol, "') are not supported; use LIKE");
  }
  if (symbol[0] == '-' && symbol.size() > 1) {
    return concat("JSON operators ('", symbol,
                  "') are not supported; give the column a path in the source");
  }
  return concat("there is no operator '", symbol, "'");
}

}  // namespace

ExpressionBinder::Bound ExpressionBinder::bind_operator_node(const Json& body,
                                                             std::size_t position) {
  const std::string kind = text_in(body, "kind");
  const std::string symbol = operator_name(body);
  if (kind == "AEXPR_OP") return bind_operator(symbol, body, position);
  if (kind == "AEXPR_IN") return bind_in(body, position);
  if (kind == "AEXPR_LIKE" || kind == "AEXPR_ILIKE") return bind_like(body, position);
  if (kind == "AEXPR_DISTINCT" || kind == "AEXPR_NOT_DISTINCT") {
    return bind_distinct(body, position);
  }
  if (kind == "AEXPR_NULLIF") return bind_nullif(body, position);
  if (kind.starts_with("AEXPR_BETWEEN") || kind.starts_with("AEXPR_NOT_BETWEEN")) {
    return bind_between(body, position);
  }
  return fail(position, unsupported_operator(kind, symbol));
}

ExpressionBinder::Bound ExpressionBinder::bind_operator(const std::string& symbol,
                                                        const Json& body, std::size_t position) {
  const Json* left_node = find_in(body, "lexpr");
  const Json* right_node = find_in(body, "rexpr");
  if (left_node == nullptr) {
    const Bound operand = bind(*right_node);
    if (!operand) return std::nullopt;
    return bind_unary(symbol, *operand, position);
  }
  const Bound left = bind(*left_node);
  const Bound right = bind(*right_node);
  if (!left || !right) return std::nullopt;
  return bind_binary(symbol, *left, *right, position);
}

ExpressionBinder::Bound ExpressionBinder::bind_unary(const std::string& symbol,
                                                     const Operand& operand,
                                                     std::size_t position) {
  const bool sign = symbol == "-" || symbol == "+";
  if (!sign) return fail(position, unsupported_operator("", symbol));
  auto number = operand.untyped ? coerce(operand, Type::kDouble)
                                : Result<ExpressionPtr>(operand.expression);
  if (!number) return fail(operand.position, number.error().message());
  auto function = make_negation((*number)->type);
  if (function == nullptr) {
    return fail(position, concat("'", symbol, "' takes a number or an interval, not ",
                                 describe_type(operand)));
  }
  if (symbol == "+") return Operand{*number, position};
  return Operand{make_call("-", std::move(function), {*number}), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_binary(const std::string& symbol,
                                                      const Operand& left, const Operand& right,
                                                      std::size_t position) {
  if (is_comparison(symbol)) return bind_comparison(symbol, left, right, position);
  if (symbol == "||") return bind_concatenation(left, right, position);
  if (symbol == "^") return call_scalar("power", {left, right}, position);
  constexpr std::string_view kArithmetic = "+-*/%";
  if (symbol.size() == 1 && kArithmetic.find(symbol[0]) != std::string_view::npos) {
    return bind_arithmetic(symbol, left, right, position);
  }
  return fail(position, unsupported_operator("", symbol));
}

ExpressionBinder::Bound ExpressionBinder::bind_arithmetic(const std::string& symbol,
                                                          const Operand& left,
                                                          const Operand& right,
                                                          std::size_t position) {
  std::shared_ptr<const ScalarFunction> function;
  auto arguments = first_accepted({left, right}, [&](std::span<const Type> types) {
    function = make_arithmetic(symbol, types[0], types[1]);
    return function != nullptr;
  });
  if (!arguments) {
    return fail(position, concat("there is no ", describe_type(left), " ", symbol, " ",
                                 describe_type(right), "; cast one of them"));
  }
  return Operand{make_call(symbol, std::move(function), *std::move(arguments)), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_comparison(const std::string& symbol,
                                                          const Operand& left,
                                                          const Operand& right,
                                                          std::size_t position) {
  const std::array<Operand, 2> sides = {left, right};
  if (!common_type(sides)) {
    return fail(position, concat(describe_type(left), " ", symbol, " ", describe_type(right),
                                 " cannot be compared; cast one of them"));
  }
  auto unified = unify({left, right}, symbol, position);
  if (!unified) return std::nullopt;
  auto function = make_comparison(symbol, unified->front()->type);
  return Operand{make_call(symbol, std::move(function), *std::move(unified)), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_concatenation(const Operand& left,
                                                             const Operand& right,
                                                             std::size_t position) {
  const auto texty = [](const Operand& operand) {
    return operand.untyped || operand.type() == Type::kText;
  };
  if (!texty(left) && !texty(right)) {
    return fail(position, concat("|| wants a text on one side at least, found ",
                                 describe_type(left), " and ", describe_type(right)));
  }
  auto first = cast(left, Type::kText);
  auto second = cast(right, Type::kText);
  if (!first || !second) {
    return fail(position, (!first ? first : second).error().message());
  }
  return Operand{make_call("||", make_concatenation(), {*first, *second}), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_like(const Json& body, std::size_t position) {
  const std::string symbol = operator_name(body);
  LikeOptions options{.negated = symbol[0] == '!', .fold_case = symbol.ends_with("*")};
  const Json* pattern_node = find_in(body, "rexpr");
  if (kind_of(*pattern_node) == "FuncCall" &&
      name_parts(list_in(body_of(*pattern_node), "funcname")).back() == "like_escape") {
    const Json& parts = list_in(body_of(*pattern_node), "args");
    const Bound escape = bind(parts[1]);
    if (!escape) return std::nullopt;
    const auto* text = std::get_if<std::string>(&escape->expression->literal);
    if (text == nullptr || text->size() > 1) {
      return fail(escape->position, "ESCAPE wants one character in quotes, or '' for none");
    }
    options.escape = text->empty() ? std::nullopt : std::optional<char>(text->front());
    pattern_node = &parts[0];
  }
  const ExpressionPtr text = bind_as(*find_in(body, "lexpr"), Type::kText, "LIKE");
  const ExpressionPtr pattern = bind_as(*pattern_node, Type::kText, "LIKE");
  if (text == nullptr || pattern == nullptr) return std::nullopt;
  return Operand{make_call(symbol, make_like(options), {text, pattern}), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_in(const Json& body, std::size_t position) {
  const Json* list = find_in(body, "rexpr");
  const Bound subject = bind(*find_in(body, "lexpr"));
  const auto items = bind_all(list_in(body_of(*list), "items"));
  if (!subject || !items) return std::nullopt;
  std::vector<ExpressionPtr> tests;
  for (const Operand& item : *items) {
    const Bound equal = bind_comparison("=", *subject, item, item.position);
    if (!equal) return std::nullopt;
    tests.push_back(equal->expression);
  }
  ExpressionPtr found = tests.size() == 1 ? tests.front()
                                          : make_logical(ExpressionKind::kOr, std::move(tests));
  if (operator_name(body) == "<>") found = negated(std::move(found));
  return Operand{std::move(found), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_between(const Json& body, std::size_t position) {
  const std::string kind = text_in(body, "kind");
  const Bound subject = bind(*find_in(body, "lexpr"));
  const auto bounds = bind_all(list_in(body_of(*find_in(body, "rexpr")), "items"));
  if (!subject || !bounds) return std::nullopt;
  const auto within = [&](const Operand& low, const Operand& high) -> ExpressionPtr {
    const Bound above = bind_comparison(">=", *subject, low, low.position);
    const Bound below = bind_comparison("<=", *subject, high, high.position);
    if (!above || !below) return nullptr;
    return make_logical(ExpressionKind::kAnd, {above->expression, below->expression});
  };
  ExpressionPtr test = within((*bounds)[0], (*bounds)[1]);
  if (test != nullptr && kind.ends_with("_SYM")) {
    ExpressionPtr swapped = within((*bounds)[1], (*bounds)[0]);
    test = make_logical(ExpressionKind::kOr, {std::move(test), std::move(swapped)});
  }
  if (test == nullptr) return std::nullopt;
  if (kind.starts_with("AEXPR_NOT")) test = negated(std::move(test));
  return Operand{std::move(test), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_distinct(const Json& body, std::size_t position) {
  const Bound left = bind(*find_in(body, "lexpr"));
  const Bound right = bind(*find_in(body, "rexpr"));
  if (!left || !right) return std::nullopt;
  auto unified = unify({*left, *right}, "IS DISTINCT FROM", position);
  if (!unified) return std::nullopt;
  auto function = make_distinct_from(unified->front()->type);
  ExpressionPtr test =
      make_call("is distinct from", std::move(function), *std::move(unified));
  if (text_in(body, "kind") == "AEXPR_NOT_DISTINCT") test = negated(std::move(test));
  return Operand{std::move(test), position};
}

ExpressionBinder::Bound ExpressionBinder::bind_nullif(const Json& body, std::size_t position) {
  const Bound value = bind(*find_in(body, "lexpr"));
  const Bound other = bind(*find_in(body, "rexpr"));
  if (!value || !other) return std::nullopt;
  const Bound equal = bind_comparison("=", *value, *other, position);
  if (!equal) return std::nullopt;
  const Type type = value->type();
  return Operand{make_choice(ExpressionKind::kCase, type,
                             {equal->expression, make_literal(Null{}, type), value->expression}),
                 position};
}

}  // namespace sitrep::sql
