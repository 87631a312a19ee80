// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/expression_factory.h"

#include <algorithm>
#include <utility>

#include "engine/sql/evaluator.h"

namespace sitrep::sql {
namespace {

bool is_literal(const ExpressionPtr& expression) {
  return expression->kind == ExpressionKind::kLiteral;
}

ExpressionPtr folded(ExpressionPtr call) {
  if (!std::all_of(call->arguments.begin(), call->arguments.end(), is_literal)) return call;
  Evaluator evaluator(call);
  ColumnBatch batch;
  batch.selection = Selection(1);
  Arena arena;
  const ColumnPtr result = evaluator.evaluate(batch, batch.selection, arena);
  if (evaluator.take_error_count() > 0) return call;
  return make_literal(result->value(0), call->type);
}

}  // namespace

ExpressionPtr make_column(std::size_t column, Type type) {
  auto out = std::make_shared<Expression>();
  out->kind = ExpressionKind::kColumn;
  out->type = type;
  out->column = column;
  return out;
}

ExpressionPtr make_literal(Value value, Type type) {
  auto out = std::make_shared<Expression>();
  out->kind = ExpressionKind::kLiteral;
  out->type = type;
  out->literal = std::move(value);
  return out;
}

ExpressionPtr make_call(std::string name, std::shared_ptr<const ScalarFunction> function,
                        std::vector<ExpressionPtr> arguments) {
  auto out = std::make_shared<Expression>();
  out->kind = ExpressionKind::kCall;
  out->type = function->result_type();
  out->name = std::move(name);
  out->function = std::move(function);
  out->arguments = std::move(arguments);
  return folded(std::move(out));
}

ExpressionPtr make_logical(ExpressionKind kind, std::vector<ExpressionPtr> arguments) {
  return make_choice(kind, Type::kBoolean, std::move(arguments));
}

ExpressionPtr make_choice(ExpressionKind kind, Type type, std::vector<ExpressionPtr> arguments) {
  auto out = std::make_shared<Expression>();
  out->kind = kind;
  out->type = type;
  out->arguments = std::move(arguments);
  return out;
}

}  // namespace sitrep::sql
