// SPDX-License-Identifier: Apache-2.0
#pragma once
// An expression on its way to a type. As in PostgreSQL a quoted text and NULL have no type of their
// own until something asks for one ('2026-01-26' < ts), bigint becomes double where one is wanted,
// and nothing else is converted unasked. Thread-compatible.

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "engine/base/result.h"
#include "engine/sql/expression.h"

namespace sitrep::sql {

struct Operand {
  ExpressionPtr expression;
  /// Byte offset in the SQL text.
  std::size_t position = 0;
  /// A quoted text or NULL that may still become any type.
  bool untyped = false;

  Type type() const { return expression->type; }
};

/// `operand` as `type`, if SQL converts it unasked; else what is wrong, as a sentence.
Result<ExpressionPtr> coerce(const Operand& operand, Type type);
/// `operand` as `type`, asked for by CAST.
Result<ExpressionPtr> cast(const Operand& operand, Type type);

/// The type that all operands can become unasked (bigint and double: double); text when none has a
/// type. Nothing when they do not go together.
std::optional<Type> common_type(std::span<const Operand> operands);
/// "text" or "untyped", for messages.
std::string describe_type(const Operand& operand);

}  // namespace sitrep::sql
