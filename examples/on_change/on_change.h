// SPDX-License-Identifier: Apache-2.0
#pragma once
// Passes a row on only when the watched column differs from what its key showed before: a gate that
// opened, a pump that stopped. The worked example of docs/adding-an-operator.md: it filters, keeps
// state per key, and is right after a crash. The first row of a key passes. Rows are taken as they
// come. State: last (key → last value). Used only by its worker.

#include <cstddef>
#include <vector>

#include "engine/api/operator.h"

namespace sitrep {

class OnChange final : public Operator {
 public:
  struct Options {
    /// Column of the input, of type text, that names the key.
    std::size_t key_column;
    /// Column of the input, of type bigint, that is watched; null counts as a value of its own.
    std::size_t watched_column;
  };

  explicit OnChange(const Options& options) : options_(options) {}

  Result<void> open(OperatorContext& context) override;
  Result<void> process(const ColumnBatch& batch, Emitter& out) override;

 private:
  const Options options_;
  Table* last_ = nullptr;
};

}  // namespace sitrep
