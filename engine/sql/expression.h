// SPDX-License-Identifier: Apache-2.0
#pragma once
// A bound expression: names resolved to column positions, every node typed, implicit casts
// explicit. An immutable tree; compile() (evaluator.h) turns it into kernels. Thread-compatible.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/scalar_function.h"
#include "engine/data/value.h"

namespace sitrep::sql {

struct Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

enum class ExpressionKind {
  kColumn,    ///< column
  kLiteral,   ///< literal
  kCall,      ///< function(arguments…): operators and casts are calls too
  kAnd,       ///< three-valued, any number of arguments
  kOr,        ///< three-valued, any number of arguments
  kNot,
  kIsNull,
  kCase,      ///< arguments: when, then, when, then, …, else; evaluated in order, lazily per row
  kCoalesce,  ///< first argument that is not null
};

struct Expression {
  ExpressionKind kind;
  Type type;
  std::size_t column = 0;
  Value literal;
  /// SQL name of the function, for explain and error messages ("+", "lower", "cast").
  std::string name;
  std::shared_ptr<const ScalarFunction> function;
  std::vector<ExpressionPtr> arguments;
};

/// Column positions that the expression reads, ascending, each once.
std::vector<std::size_t> columns_read(const Expression& expression);

/// The same expression reading column mapping[i] wherever it read column i.
ExpressionPtr with_columns(const ExpressionPtr& expression,
                           const std::vector<std::size_t>& mapping);

}  // namespace sitrep::sql
