// SPDX-License-Identifier: Apache-2.0
#pragma once
// The scope of an expression that may call functions across rows (history_call.h).
// Thread-compatible.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/function_registry.h"
#include "engine/sql/diagnostic.h"
#include "engine/sql/history_call.h"
#include "engine/sql/scope.h"

namespace sitrep::sql {

/// The columns of a row, and calls of these functions. Collects the calls it meets, each distinct
/// one once, those in its arguments before it.
class HistoryScope final : public Scope {
 public:
  /// All outlive the scope; `calls` may have some already, over the same columns.
  HistoryScope(std::string_view text, InputScope& input, const FunctionRegistry& functions,
               std::vector<HistoryCall>& calls, Diagnostics& diagnostics);

  Answer take(const Json& node) override;
  std::optional<Operand> column(const std::vector<std::string>& parts,
                                std::size_t position) override;
  std::string no_aggregate(std::string_view function) const override;

 private:
  std::optional<HistoryCall> bind_call(HistoryFunction function, const Json& node);
  bool bind_count_within(HistoryCall& call, const std::vector<Operand>& operands,
                         std::size_t position);
  /// The row with the results of the calls so far behind it.
  Schema row() const;
  bool fail(std::size_t position, std::string message);

  std::string_view text_;
  InputScope& input_;
  const FunctionRegistry& functions_;
  std::vector<HistoryCall>& calls_;
  Diagnostics& diagnostics_;
};

}  // namespace sitrep::sql
