// SPDX-License-Identifier: Apache-2.0
#pragma once
// SELECT expressions FROM one stream WHERE condition, row by row: narrows the selection and
// computes the output columns. A row keeps its event time, clock and origin. Holds no state. Used
// only by its worker.

#include <memory>
#include <vector>

#include "engine/api/operator.h"
#include "engine/sql/evaluator.h"

namespace sitrep {

class FilterProject final : public Operator {
 public:
  struct Options {
    /// Boolean over the input; null: every row passes.
    sql::ExpressionPtr where;
    /// Over the input; one per output column.
    std::vector<sql::ExpressionPtr> projections;
  };

  explicit FilterProject(const Options& options);

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;

 private:
  std::optional<sql::Evaluator> where_;
  std::vector<sql::Evaluator> projections_;
  OperatorCounter* sql_errors_ = nullptr;
};

}  // namespace sitrep
