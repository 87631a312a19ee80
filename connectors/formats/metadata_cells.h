// SPDX-License-Identifier: Apache-2.0
#pragma once
// The columns that come from a message's envelope and not from its payload: key, timestamp,
// partition, offset and headers. They are worked out once per message and are the same in each of
// its rows. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/formats/row_columns.h"
#include "engine/base/ids.h"
#include "engine/data/arena.h"
#include "engine/log/format.h"
#include "engine/log/record.h"

namespace sitrep {

class MetadataCells {
 public:
  /// What a message has for a column: a number, a text, nothing, or something that is no row's.
  struct Cell {
    std::uint32_t column = 0;
    std::optional<std::int64_t> number = std::nullopt;
    std::optional<std::string_view> text = std::nullopt;
    std::optional<DeadLetterReason> fault = std::nullopt;

    bool absent() const { return !number && !text && !fault; }
  };

  /// Picks those of `specs` whose origin is not the payload. Texts are of type text, partition and
  /// offset of type bigint, the timestamp of type timestamp.
  explicit MetadataCells(const std::vector<ColumnSpec>& specs);

  /// Works the cells of `record` out; texts are copied to `arena`.
  void read(const RecordView& record, PartitionId partition, Arena& arena);
  const std::vector<Cell>& cells() const { return cells_; }

 private:
  struct Source {
    ColumnOrigin origin;
    std::string header;
  };

  std::vector<Source> sources_;
  std::vector<Cell> cells_;
};

}  // namespace sitrep
