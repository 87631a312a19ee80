// SPDX-License-Identifier: Apache-2.0
#include "operators/filter_project.h"

#include <utility>

namespace sitrep {

FilterProject::FilterProject(const Options& options) {
  if (options.where) where_.emplace(options.where);
  for (const sql::ExpressionPtr& projection : options.projections) {
    projections_.emplace_back(projection);
  }
}

Result<void> FilterProject::open(OperatorContext& context) {
  sql_errors_ = &context.counter("sql_errors");
  return {};
}

Result<void> FilterProject::process(const ColumnBatch& batch, Emitter& out) {
  auto arena = std::make_shared<Arena>();
  ColumnBatch output;
  output.selection =
      where_ ? where_->select(batch, batch.selection, *arena) : batch.selection;
  std::size_t errors = where_ ? where_->take_error_count() : 0;
  if (!output.selection.empty()) {
    for (sql::Evaluator& projection : projections_) {
      output.columns.push_back(projection.evaluate(batch, output.selection, *arena));
      errors += projection.take_error_count();
    }
    output.meta = batch.meta;
    output.arenas = batch.arenas;
    output.arenas.push_back(std::move(arena));
    out.emit(std::move(output));
  }
  if (errors > 0) sql_errors_->add(errors);
  return {};
}

}  // namespace sitrep
