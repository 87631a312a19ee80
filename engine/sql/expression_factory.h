// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes nodes of bound expressions. A call whose arguments are all literals is computed at once, so
// `interval '1 min' * 5` costs nothing per row; one that cannot be computed (1 / 0) stays a call
// and is counted per row. Thread-safe.

#include <memory>
#include <string>
#include <vector>

#include "engine/sql/expression.h"

namespace sitrep::sql {

ExpressionPtr make_column(std::size_t column, Type type);
ExpressionPtr make_literal(Value value, Type type);
ExpressionPtr make_call(std::string name, std::shared_ptr<const ScalarFunction> function,
                        std::vector<ExpressionPtr> arguments);
/// kAnd, kOr, kNot and kIsNull, which are boolean.
ExpressionPtr make_logical(ExpressionKind kind, std::vector<ExpressionPtr> arguments);
/// kCase and kCoalesce.
ExpressionPtr make_choice(ExpressionKind kind, Type type, std::vector<ExpressionPtr> arguments);

}  // namespace sitrep::sql
