// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows of one or several batches, copied into a batch of their own: cells and meta; texts keep
// pointing where they did, and the arenas go along. Stateless.

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/data/column_batch.h"

namespace sitrep {

/// A row of one of several batches.
struct RowPlace {
  std::uint32_t batch = 0;
  std::uint32_t row = 0;
};

/// The rows at `places`, in that order, all of them selected. The batches have columns of the same
/// types and rows of one origin; there is at least one.
ColumnBatch gather(std::span<const ColumnBatch* const> batches, std::span<const RowPlace> places);

}  // namespace sitrep
