// SPDX-License-Identifier: Apache-2.0
#pragma once
// A union whose rows go out by event time, epoch by epoch: keeps the rows of all its inputs, which
// have one schema, until the epoch ends, and puts them out then; rows of one time in the order in
// which they came. So what one batch of the task's input brought to one input of the union stands
// between what it brought to the others, and the task need not be called row by row for it
// (OperatorNode::any_order). Rows that belong together stay in their order even where event time
// goes back among them, as it does from the timer of an alert to a row that came after it fired.
//
// Stands before a sender alone, as PartialAggregate does: what is said of the clocks of an epoch
// comes behind all its rows there, so no reader sees a clock beyond a row that is kept here, and
// output_watermark need not hold it back. The watermarks that the rows came with, which depend on
// the order of the inputs' batches, end here: behind the cut a row is late by the words of earlier
// epochs (decision 0007), whatever came before it in its own. Holds no state: an epoch that fails
// is read again. Used only by its worker.

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/api/operator.h"
#include "engine/data/schema.h"

namespace sitrep {

class UnionByTime final : public Operator {
 public:
  struct Options {
    /// The columns of every input.
    Schema row;
    /// Columns by whose values rows belong together. Empty: none do.
    std::vector<std::size_t> together = {};
    /// Above so many bytes, about, rows go out before the epoch ends, by event time among
    /// themselves; from then on they count as output of the epoch, which is bounded. These are some
    /// thousands of records: more than a batch of input brings, unless most rows raise something.
    std::size_t kept_bytes_max = std::size_t{1} << 20;
  };

  explicit UnionByTime(const Options& options);

  Result<void> process(const ColumnBatch& batch, Emitter& out) override;
  /// Puts out what the epoch brought, with what came of a tick, of a clock that is forgotten and of
  /// the end of the input: in front of the word of it.
  Result<void> end_epoch(Emitter& out) override;

 private:
  void keep(const ColumnBatch& batch, std::size_t row);
  /// Where a row stands: its event time, or that of one before it that it belongs to.
  Micros place_of(const ColumnBatch& batch, std::size_t row);
  void begin();

  const Options options_;
  std::vector<std::shared_ptr<Column>> columns_;
  std::shared_ptr<RowMeta> meta_;
  std::shared_ptr<Arena> arena_;  // texts of the rows that are kept
  std::vector<Micros> places_;    // by row
  std::unordered_map<std::string, Micros> last_place_;  // by what belongs together
  std::size_t kept_bytes_ = 0;
};

}  // namespace sitrep
