// SPDX-License-Identifier: Apache-2.0
#pragma once
// + - * / % and unary minus with PostgreSQL's meaning: bigint division truncates, overflow and
// division by zero cannot be computed (null, counted). Intervals are microseconds. Thread-safe.

#include <memory>
#include <string_view>

#include "engine/api/scalar_function.h"

namespace sitrep::sql {

/// The operator for exactly these types; null when there is none.
std::shared_ptr<const ScalarFunction> make_arithmetic(std::string_view symbol, Type left,
                                                      Type right);
/// Unary minus of a bigint, double or interval; null for another type.
std::shared_ptr<const ScalarFunction> make_negation(Type type);

}  // namespace sitrep::sql
