// SPDX-License-Identifier: Apache-2.0
#pragma once
// The versions of one row of a table, as it was at different event times, and how they are kept in
// a state table. A version holds from its time until that of the next. Which ones are forgotten is
// a rule, not a matter of when the memory is freed: of those at or before the horizon only the
// newest counts. Thread-compatible.

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/table.h"

namespace sitrep {

struct TableVersion {
  Micros time = 0;
  bool deleted = false;
  /// Every column of the row (cell_form.h); empty when it is deleted.
  std::string cells;

  friend bool operator==(const TableVersion&, const TableVersion&) = default;
};

/// Ascending by time, each time once.
using TableVersions = std::vector<TableVersion>;

/// Where `history` ends while the table's watermark is `watermark`.
Micros history_horizon(Micros watermark, Micros history);
/// Puts a version in its place; one of the same time is replaced.
void add_version(TableVersions& versions, TableVersion version);
/// Frees what nobody can see any more. None may be left.
void forget_versions(TableVersions& versions, Micros horizon);
/// What a row at `time` sees; null when there was none yet, when it was deleted, or when that is
/// forgotten.
const TableVersion* version_as_of(const TableVersions& versions, Micros time, Micros horizon);

/// Saved form (docs/formats.md): for each version its time (8 bytes), flags (1 byte: 1 deleted),
/// and its cells behind their length (4 bytes).
class VersionsRow final : public RowCodec {
 public:
  std::size_t row_bytes() const override { return sizeof(TableVersions); }
  void create(std::byte* row) const override;
  void destroy(std::byte* row) const override;
  void save(const std::byte* row, std::string& out) const override;
  Result<void> load(std::string_view in, std::byte* row) const override;
  std::size_t heap_bytes(const std::byte* row) const override;

  static TableVersions& get(std::byte* row) { return *reinterpret_cast<TableVersions*>(row); }
  static const TableVersions& get(const std::byte* row) {
    return *reinterpret_cast<const TableVersions*>(row);
  }
};

}  // namespace sitrep
