// SPDX-License-Identifier: Apache-2.0
#pragma once
// Functions that look at rows before this one: of the same key, in the order of event time. An
// expression that calls one reads its result as a column behind those of the row; whoever gives the
// rows computes it there (operators/row_history). Thread-compatible.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/data/schema.h"
#include "engine/sql/expression.h"

namespace sitrep::sql {

enum class HistoryFunction {
  kLag,          ///< lag(x): x of the row before; null when there is none
  kDelta,        ///< delta(x): x less the x before it that was not null
  kRate,         ///< rate(x): the same per second between them, a double
  kDuration,     ///< duration(condition): since the first of the rows in a row on which it is true
  kCountWithin,  ///< count_within(condition, interval[, x]): rows in (t - interval, t] on which it
                 ///< is true, or different x of them
};

std::string_view to_string(HistoryFunction function);
std::optional<HistoryFunction> history_function(std::string_view name);

/// One distinct call. Its result is column schema.size() + i of the row, i its place among the
/// calls.
struct HistoryCall {
  HistoryFunction function;
  /// Of the result.
  Type type;
  /// Over the columns of the row and the results of calls before this one.
  std::vector<ExpressionPtr> arguments;
  /// Of kCountWithin; else 0.
  Micros within = 0;
  /// What it computes, by names of columns: of two calls equal exactly when their memory is.
  std::string identity;
};

}  // namespace sitrep::sql
