// SPDX-License-Identifier: Apache-2.0
#pragma once
// tumble(width[, offset]) and hop(width, slide[, offset]) in GROUP BY. Thread-compatible.

#include <optional>

#include "engine/sql/expression_binder.h"
#include "engine/sql/parse_tree.h"
#include "engine/sql/query.h"

namespace sitrep::sql {

/// Whether `node` is a call of tumble or hop.
bool is_window(const Json& node);
/// Binds such a call; its arguments must be constant intervals.
std::optional<Window> bind_window(const Json& node, ExpressionBinder& binder,
                                  Diagnostics& diagnostics);

}  // namespace sitrep::sql
