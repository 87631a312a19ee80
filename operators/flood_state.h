// SPDX-License-Identifier: Apache-2.0
#pragma once
// What flood control knows of an alert that is up, and of a group of alerts. And how that is kept
// in state tables. Thread-compatible.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operators/alert_state.h"
#include "operators/owned_row.h"

namespace sitrep {

/// An alert that is up.
struct FloodEpisode {
  /// In the order of numbers episodes were met; sorts as text.
  std::string number;
  /// The last record that the rule gave, as the cells of its columns (cell_form.h).
  std::string record;
  /// Why it is not told; empty: it is.
  std::string by;
  /// Of the last record that went out.
  std::uint32_t revision = 0;
  /// Held back by the flood in which it was raised.
  bool held_back = false;
  bool acknowledged = false;

  /// Saved form (docs/formats.md): revision (4 bytes), flags (1 byte: 1 held back, 2 acknowledged),
  /// number, by (each behind its length, 4 bytes), record.
  void save(std::string& out) const;
  /// kCorrupt when `in` is not of that form.
  Result<void> load(std::string_view in);
  std::size_t heap_bytes() const;
};

struct GroupFlood {
  /// Only so many raises are remembered, the newest.
  static constexpr std::size_t kRaisesMax = 10'000;

  /// The group's flood as an alert.
  AlertState alert;
  /// When alerts were raised, in processing time, ascending, as far as they count still.
  std::vector<Micros> raises;
  /// Held back since the flood began, and how many of them were told of, and when.
  std::uint64_t held_back = 0;
  std::uint64_t told = 0;
  Micros told_at = kMinWatermark;

  /// Saved form (docs/formats.md): held_back, told, told_at, number of raises (8 bytes each), the
  /// raises (8 bytes each), then `alert` as it is saved.
  void save(std::string& out) const;
  /// kCorrupt when `in` is not of that form.
  Result<void> load(std::string_view in);
  std::size_t heap_bytes() const;
};

using FloodEpisodeRow = SavedRow<FloodEpisode>;
using GroupFloodRow = SavedRow<GroupFlood>;

}  // namespace sitrep
