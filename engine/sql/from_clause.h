// SPDX-License-Identifier: Apache-2.0
#pragma once
// FROM of a SELECT: one stream, and any number of tables that are joined to it by their keys. What
// has no place there is refused by its name. Thread-safe.

#include "engine/sql/parse_tree.h"
#include "engine/sql/query.h"
#include "engine/sql/scope.h"

namespace sitrep::sql {

/// Binds the FROM of `select_body`: fills in `select`'s from and joins, and `row` with what the
/// rest of the SELECT reads. False after a diagnostic.
bool bind_from(const Json& select_body, const BindOptions& options, Select& select, InputRow& row,
               Diagnostics& diagnostics);

}  // namespace sitrep::sql
