// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bound expressions as text that says what they compute and nothing of how they were written: two
// texts are equal when the results are. For the shape of saved state. Functions only; thread-safe.

#include <string>

#include "engine/data/schema.h"
#include "engine/sql/query.h"

namespace sitrep::sql {

/// "+(speed double, 1) double"; columns by their names in `input`.
std::string describe(const Expression& expression, const Schema& input);

/// What a query keeps per group: keys, window and aggregates. State of two queries of which this is
/// equal can be mixed; WHERE, HAVING and the projections do not matter.
std::string describe(const Grouping& grouping, const Schema& input);

}  // namespace sitrep::sql
