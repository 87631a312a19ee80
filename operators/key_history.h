// SPDX-License-Identifier: Apache-2.0
#pragma once
// What functions across rows (engine/sql/history_call.h) remember of one key, how a row changes it,
// and how it is kept in a state table. Thread-compatible.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/arena.h"
#include "engine/data/column.h"
#include "engine/sql/history_call.h"
#include "operators/owned_row.h"

namespace sitrep {

/// What one call remembers.
struct CallMemory {
  /// How many rows (or values) a count_within remembers of a key at most: it counts no further.
  static constexpr std::size_t kHitsMax = 1000;

  /// Of `cell`; of a duration, of the first row of the run; kMinWatermark: there is none.
  Micros time = kMinWatermark;
  /// The value of the row before (cell_form.h); empty: there is none.
  std::string cell;
  /// Rows on which the condition of a count_within was true, the oldest first; of one that counts
  /// values, the last row of each, and the values.
  std::vector<Micros> hits;
  std::vector<std::string> values;

  friend bool operator==(const CallMemory&, const CallMemory&) = default;
};

struct KeyHistory {
  /// Event time of the last row.
  Micros last_row = kMinWatermark;
  /// One for each call.
  std::vector<CallMemory> calls;

  std::size_t heap_bytes() const;
};

/// Appends to `out` what `call` is for the row `row` at `time` of the key that `memory` is of, and
/// remembers the row. `arguments` are those of the call. False when it cannot be computed, and is
/// null therefore.
bool remember_row(const sql::HistoryCall& call, std::span<const ColumnPtr> arguments,
                  std::size_t row, Micros time, CallMemory& memory, Column& out, Arena& arena);

/// Saved form (docs/formats.md): last_row (8 bytes), then for each call the low 32 bits of its
/// identity's hash and, behind 4 bytes of length, its memory: time (8 bytes), cell (behind its
/// length), then each hit (8 bytes), with its value (behind its length) where values are counted.
/// What is saved of a call that there is no more is skipped; a new one remembers nothing.
class KeyHistoryRow final : public OwnedRow<KeyHistory> {
 public:
  explicit KeyHistoryRow(const std::vector<sql::HistoryCall>& calls);

  void create(std::byte* row) const override;
  void save(const std::byte* row, std::string& out) const override;
  Result<void> load(std::string_view in, std::byte* row) const override;

 private:
  struct Call {
    std::uint32_t id;
    bool counts_values;
  };

  static bool load_memory(std::string_view in, bool counts_values, CallMemory& memory);

  std::vector<Call> calls_;
};

}  // namespace sitrep
