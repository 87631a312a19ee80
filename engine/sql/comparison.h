// SPDX-License-Identifier: Apache-2.0
#pragma once
// = <> < <= > >= over two values of one type, and IS DISTINCT FROM. Texts are compared by their
// bytes (PostgreSQL's collation "C"); NaN equals NaN and is above every other double. Thread-safe.

#include <memory>
#include <string_view>

#include "engine/api/scalar_function.h"

namespace sitrep::sql {

/// Whether `symbol` is one of the six.
bool is_comparison(std::string_view symbol);
/// The comparison of two values of `type`; `symbol` is one of the six.
std::shared_ptr<const ScalarFunction> make_comparison(std::string_view symbol, Type type);
/// a IS DISTINCT FROM b: never null, nulls are equal to each other.
std::shared_ptr<const ScalarFunction> make_distinct_from(Type type);

}  // namespace sitrep::sql
