// SPDX-License-Identifier: Apache-2.0
#pragma once
// Binds one SELECT of a query: FROM, WHERE, GROUP BY with its window, the list, HAVING.
// Thread-compatible.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/sql/operand.h"
#include "engine/sql/parse_tree.h"
#include "engine/sql/query.h"
#include "engine/sql/scope.h"

namespace sitrep::sql {

/// A SELECT whose list still may change its types to fit the other branches of a UNION ALL.
struct BoundSelect {
  Select select;
  /// Empty for an expression without a name, which the first branch may not have.
  std::vector<std::string> names;
  std::vector<Operand> outputs;
};

/// `body` is that of a SelectStmt without set operation, parsed from `text`.
std::optional<BoundSelect> bind_select(std::string_view text, const Json& body,
                                       const BindOptions& options, Diagnostics& diagnostics);

}  // namespace sitrep::sql
