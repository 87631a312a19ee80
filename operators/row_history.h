// SPDX-License-Identifier: Apache-2.0
#pragma once
// Gives each row the results of functions across rows (engine/sql/history_call.h): of the rows of
// its key before it. Rows come in the order of event time, from an EventOrder, and go out at once
// with, behind their columns, one for each call. A row older than its key's last (the clock was
// idle between) is dropped (stale_rows).
//
// State: keys (key → KeyHistory). Used only by its worker.

#include <vector>

#include "engine/api/operator.h"
#include "engine/sql/evaluator.h"
#include "engine/sql/history_call.h"
#include "operators/key_history.h"

namespace sitrep {

class RowHistory final : public Operator {
 public:
  struct Options {
    /// Positions of the columns that tell one key from another.
    std::vector<std::size_t> key_columns;
    std::vector<sql::HistoryCall> calls;
  };

  explicit RowHistory(const Options& options);

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;

 private:
  struct Call {
    sql::HistoryCall call;
    std::vector<sql::Evaluator> arguments;
  };

  /// What is known of the keys of the rows, after each: null where the row is stale.
  Result<std::vector<KeyHistory*>> histories_of(const ColumnBatch& batch);
  void compute(Call& call, ColumnBatch& rows, const std::vector<KeyHistory*>& histories,
               std::size_t index, Arena& arena);

  const Options options_;
  std::vector<Call> calls_;
  Table* keys_ = nullptr;
  OperatorCounter* stale_rows_ = nullptr;
  OperatorCounter* sql_errors_ = nullptr;
};

}  // namespace sitrep
