// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a scalar function is: abs, upper, or one of a developer's own. Evaluated once per batch over
// whole columns. Strict by default: a null argument gives null and the function is not asked for
// that row. Thread-safe (const throughout).

#include <memory>
#include <span>
#include <string_view>

#include "engine/base/result.h"
#include "engine/data/arena.h"
#include "engine/data/column.h"
#include "engine/data/selection.h"

namespace sitrep {

struct ScalarInput {
  /// One column per argument, each as long as the batch.
  std::span<const Column* const> arguments;
  /// The rows to compute; the others of the result are left alone.
  const Selection& selection;
  /// Where new texts go; lives as long as the result.
  Arena& arena;
};

class ScalarFunction {
 public:
  virtual ~ScalarFunction() = default;
  virtual Type result_type() const = 0;
  /// Whether null arguments give null without a call for that row (PostgreSQL's STRICT).
  virtual bool strict() const { return true; }
  /// Fills `out`, which has the batch's length and result_type(). For a strict function the rows
  /// with a null argument are already null in `out` and must be skipped (`out.is_null(row)`). A row
  /// that cannot be computed (division by zero, overflow) is set null and counted in the returned
  /// number, which the runtime publishes as sitrep_sql_errors_total.
  virtual std::size_t evaluate(const ScalarInput& input, Column& out) const = 0;
};

class ScalarFactory {
 public:
  virtual ~ScalarFactory() = default;
  /// Name in SQL, lower case.
  virtual std::string_view name() const = 0;
  /// The function for these argument types, or what it takes instead, as a sentence.
  virtual Result<std::unique_ptr<ScalarFunction>> make(std::span<const Type> arguments) const = 0;
};

}  // namespace sitrep
