// SPDX-License-Identifier: Apache-2.0
#pragma once
// Binds one expression of a parse tree: names to columns, operators and functions to kernels, each
// node to a type. Goes on after an error, so that all of them are said at once. Thread-compatible.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/function_registry.h"
#include "engine/sql/diagnostic.h"
#include "engine/sql/operand.h"
#include "engine/sql/parse_tree.h"
#include "engine/sql/scope.h"

namespace sitrep::sql {

class ExpressionBinder {
 public:
  /// `text` is what the tree was parsed from. All references outlive the binder.
  ExpressionBinder(std::string_view text, Scope& scope, const FunctionRegistry& functions,
                   Diagnostics& diagnostics)
      : text_(text), scope_(scope), functions_(functions), diagnostics_(diagnostics) {}

  /// Nothing when it cannot be bound; a diagnostic says why.
  std::optional<Operand> bind(const Json& node);
  /// As bind, and of `type`; `where` names the place for the message ("WHERE").
  ExpressionPtr bind_as(const Json& node, Type type, std::string_view where);
  /// As bind; an untyped result becomes text.
  ExpressionPtr bind_typed(const Json& node);
  /// Every node, in order; nothing when one fails (all are tried).
  std::optional<std::vector<Operand>> bind_all(const Json& nodes);

 private:
  using Bound = std::optional<Operand>;

  Bound bind_constant(const Json& body, std::size_t position);
  Bound bind_operator_node(const Json& body, std::size_t position);
  Bound bind_operator(const std::string& symbol, const Json& body, std::size_t position);
  Bound bind_unary(const std::string& symbol, const Operand& operand, std::size_t position);
  Bound bind_binary(const std::string& symbol, const Operand& left, const Operand& right,
                    std::size_t position);
  Bound bind_arithmetic(const std::string& symbol, const Operand& left, const Operand& right,
                        std::size_t position);
  Bound bind_comparison(const std::string& symbol, const Operand& left, const Operand& right,
                        std::size_t position);
  Bound bind_concatenation(const Operand& left, const Operand& right, std::size_t position);
  Bound bind_like(const Json& body, std::size_t position);
  Bound bind_in(const Json& body, std::size_t position);
  Bound bind_between(const Json& body, std::size_t position);
  Bound bind_distinct(const Json& body, std::size_t position);
  Bound bind_nullif(const Json& body, std::size_t position);
  Bound bind_logic(const Json& body, std::size_t position);
  Bound bind_null_test(const Json& body, std::size_t position);
  Bound bind_boolean_test(const Json& body, std::size_t position);
  Bound bind_case(const Json& body, std::size_t position);
  Bound bind_coalesce(const Json& body, std::size_t position);
  Bound bind_extreme(const Json& body, std::size_t position);
  Bound bind_cast(const Json& body, std::size_t position);
  Bound bind_function(const Json& body, std::size_t position);
  Bound call_scalar(const std::string& name, std::vector<Operand> arguments,
                    std::size_t position);

  /// All as their common type, or nothing with a diagnostic about `what`.
  std::optional<std::vector<ExpressionPtr>> unify(const std::vector<Operand>& operands,
                                                  std::string_view what, std::size_t position);
  std::string no_function(const std::string& name) const;
  std::optional<Type> type_of_name(const Json& type_name, std::size_t position);
  Bound fail(std::size_t position, std::string message);

  std::string_view text_;
  Scope& scope_;
  const FunctionRegistry& functions_;
  Diagnostics& diagnostics_;
};

/// The ways to read `operands` as typed arguments, the nearest first: as they are, then with
/// bigints widened to double and untyped literals as other types. `accepts` is tried with each
/// until it is true. Returns the arguments that were accepted.
std::optional<std::vector<ExpressionPtr>> first_accepted(
    const std::vector<Operand>& operands,
    const std::function<bool(std::span<const Type>)>& accepts);

}  // namespace sitrep::sql
