// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a bound expression over batches: a tree of kernels compiled once, one call per node and
// batch. Holds scratch columns, so each task has its own. Used only by its worker.

#include <cstddef>
#include <memory>

#include "engine/data/column_batch.h"
#include "engine/sql/expression.h"

namespace sitrep::sql {

class Evaluator {
 public:
  explicit Evaluator(ExpressionPtr expression);
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;

  /// Computes the selected rows; the result is as long as the batch and other rows are unspecified.
  /// New texts are put into `arena`. A plain column is passed on without a copy.
  ColumnPtr evaluate(const ColumnBatch& batch, const Selection& selection, Arena& arena);

  /// The rows of `selection` for which a boolean expression is true (not false, not null).
  Selection select(const ColumnBatch& batch, const Selection& selection, Arena& arena);

  /// Rows that could not be computed and became null since the last call (division by zero …).
  std::size_t take_error_count();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitrep::sql
