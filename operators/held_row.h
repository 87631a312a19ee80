// SPDX-License-Identifier: Apache-2.0
#pragma once
// A whole row of a stream as bytes, for one that waits in a TimeQueue. The bytes name the columns,
// because which ones a stream's input has changes with the queries that read it: a column that a
// later version of the job no longer has is skipped, one that it has anew is null. Thread-safe
// (const throughout).

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/data/arena.h"
#include "engine/data/column.h"
#include "engine/data/schema.h"

namespace sitrep {

/// Saved form (docs/formats.md): event time (8 bytes), then for each column the low 32 bits of its
/// name's hash, its type (1 byte) and its cell (cell_form.h).
class HeldRow {
 public:
  explicit HeldRow(const Schema& schema);

  void save(std::span<const ColumnPtr> columns, std::size_t row, Micros time,
            std::string& out) const;
  /// Appends a cell to each of `columns`, which are those of the schema; gives the row's time.
  /// kCorrupt, with nothing to be made of the columns, when `in` is not of that form.
  Result<Micros> load(std::string_view in, std::span<const std::shared_ptr<Column>> columns,
                      Arena& arena) const;

 private:
  struct Name {
    std::uint32_t hash;
    Type type;
  };
  std::vector<Name> names_;
};

}  // namespace sitrep
