// SPDX-License-Identifier: Apache-2.0
#pragma once
// A bound expression as text for people: `engine_on AND (speed > 110)`. Casts that only widen a
// number are left out. Thread-safe.

#include <string>
#include <vector>

#include "engine/sql/expression.h"

namespace sitrep {

/// `columns`: what to call the columns that it reads.
std::string expression_text(const sql::Expression& expression,
                            const std::vector<std::string>& columns);

}  // namespace sitrep
