// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/operand.h"

#include <utility>

#include "engine/base/text.h"
#include "engine/sql/cast.h"
#include "engine/sql/expression_factory.h"

namespace sitrep::sql {
namespace {

const char* example_of(Type type) {
  switch (type) {
    case Type::kBoolean: return "'true'";
    case Type::kBigint: return "'42'";
    case Type::kDouble: return "'1.5'";
    case Type::kTimestamp: return "'2026-01-26 15:55:00'";
    case Type::kInterval: return "'10 seconds'";
    case Type::kText: return "'text'";
  }
  return "";
}

/// A quoted text or NULL takes a type.
Result<ExpressionPtr> typed_literal(const Operand& operand, Type type) {
  const Value& value = operand.expression->literal;
  if (is_null(value)) return make_literal(Null{}, type);
  if (type == Type::kText) return operand.expression;
  auto converted = make_call("cast", make_cast(Type::kText, type), {operand.expression});
  if (converted->kind == ExpressionKind::kLiteral) return converted;
  return invalid_config(concat("'", std::get<std::string>(value), "' is no ", to_string(type),
                               "; write it like ", example_of(type)));
}

}  // namespace

Result<ExpressionPtr> coerce(const Operand& operand, Type type) {
  if (operand.untyped) return typed_literal(operand, type);
  if (operand.type() == type) return operand.expression;
  if (operand.type() == Type::kBigint && type == Type::kDouble) return cast(operand, type);
  return invalid_config(concat("found ", to_string(operand.type()), ", expected ",
                               to_string(type)));
}

Result<ExpressionPtr> cast(const Operand& operand, Type type) {
  if (operand.untyped) return typed_literal(operand, type);
  if (operand.type() == type) return operand.expression;
  auto function = make_cast(operand.type(), type);
  if (function == nullptr) {
    return invalid_config(concat("a ", to_string(operand.type()), " cannot be cast to ",
                                 to_string(type)));
  }
  return make_call("cast", std::move(function), {operand.expression});
}

std::optional<Type> common_type(std::span<const Operand> operands) {
  std::optional<Type> common;
  for (const Operand& operand : operands) {
    if (operand.untyped) continue;
    const Type type = operand.type();
    if (!common || *common == type) {
      common = type;
    } else if ((*common == Type::kBigint && type == Type::kDouble) ||
               (*common == Type::kDouble && type == Type::kBigint)) {
      common = Type::kDouble;
    } else {
      return std::nullopt;
    }
  }
  return common.value_or(Type::kText);
}

std::string describe_type(const Operand& operand) {
  return std::string(operand.untyped ? "untyped" : to_string(operand.type()));
}

}  // namespace sitrep::sql
