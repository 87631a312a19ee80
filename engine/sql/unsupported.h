// SPDX-License-Identifier: Apache-2.0
#pragma once
// SQL that sitrep does not do: for each construct what to call it and what to use instead. One
// table, so that the README can list the same. Thread-safe.

#include <optional>
#include <string>
#include <string_view>

#include "engine/sql/parse_tree.h"

namespace sitrep::sql {

/// A sentence about an expression node that cannot be bound.
std::string unsupported_expression(const Json& node);
/// A sentence about a member of a FuncCall, like ORDER BY in an aggregate; nothing when all is
/// well.
std::optional<std::string> unsupported_call(const Json& call);
/// A sentence and the place for the first clause of a SELECT that is not supported.
std::optional<Diagnostic> unsupported_clause(const Json& select);
/// A sentence about an item of FROM that is not a plain name.
std::string unsupported_from(const Json& node);
/// A sentence about a JoinExpr that is none of JOIN and LEFT JOIN with ON; nothing when it is.
std::optional<std::string> unsupported_join(const Json& join);
/// Why `function` has no place in a stream (now(), random()), if so.
std::optional<std::string> unsupported_function(std::string_view function);
/// What other systems call by this name and SQL of a stream by another, if so.
std::optional<std::string> other_name_of(std::string_view function);

}  // namespace sitrep::sql
