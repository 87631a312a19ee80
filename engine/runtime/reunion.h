// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where rows of one batch that took several ways come together again (decision 0014): holds what
// came by each until the batch has gone all ways, then gives it as one batch, in the order in which
// the rows would have come one by one. Only while a task delivers a batch does it hold anything.
// Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/data/column_batch.h"
#include "engine/runtime/ways.h"

namespace sitrep {

/// By row of a batch, the row of the task's input that it is of; null: the one of its own number.
using SourceRows = std::shared_ptr<const std::vector<std::uint32_t>>;

class Reunion {
 public:
  Reunion() = default;
  explicit Reunion(std::vector<Ways::Meeting::Group> groups) : groups_(std::move(groups)) {}

  /// Whether rows of the task's input `origin` that come by the node's input `input` are to wait.
  bool takes(std::size_t origin, std::size_t input) const;
  void add(std::size_t input, ColumnBatch batch, SourceRows source_rows);

  struct Whole {
    ColumnBatch batch;
    SourceRows source_rows;
    /// The node's inputs by which it came, or could have.
    std::span<const std::size_t> inputs;
  };
  /// What came since the last call: by source row, those of one by the node's inputs.
  std::optional<Whole> take();

 private:
  struct Piece {
    std::size_t input;
    ColumnBatch batch;
    SourceRows source_rows;

    std::uint32_t source_row(std::uint32_t row) const {
      return source_rows ? (*source_rows)[row] : row;
    }
  };
  std::span<const std::size_t> group_of(std::size_t input) const;

  std::vector<Ways::Meeting::Group> groups_;
  std::vector<Piece> pieces_;  // of one group: those of one input of the task
};

}  // namespace sitrep
