// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the columns of an alert record stand, by their names: what the encodings of alerts need to
// find. The columns that not every alert has are looked for by whoever wants them.
// Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/data/column_batch.h"
#include "engine/data/schema.h"

namespace sitrep {

struct AlertColumns {
  /// `schema` is that of an alert record (docs/alert-records.md).
  explicit AlertColumns(const Schema& schema);

  std::size_t id;
  std::size_t revision;
  std::size_t alert;
  std::size_t key;
  std::size_t group;
  std::size_t change;
  std::size_t at;
  std::size_t since;
  std::size_t raised_at;
  std::size_t severity;
  std::size_t text;
  std::size_t advice;
  std::size_t labels;
};

/// The text of a cell; empty where it is null.
std::string_view text_at(const ColumnBatch& batch, std::size_t column, std::size_t row);

/// The number or time of a cell that is not null.
std::int64_t number_at(const ColumnBatch& batch, std::size_t column, std::size_t row);

}  // namespace sitrep
