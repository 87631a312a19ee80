// SPDX-License-Identifier: Apache-2.0
#pragma once
// What flood control knows of an alert that is up, and of a group of alerts. And how that is kept
// in state tables. Thread-compatible.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/table.h"
#include "operators/alert_state.h"

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
};

/// A row is a pointer to its episode. Saved form (docs/formats.md): revision (4 bytes), flags (1
/// byte: 1 held back, 2 acknowledged), number, by (each behind its length, 4 bytes), record.
class FloodEpisodeRow final : public RowCodec {
 public:
  std::size_t row_bytes() const override { return sizeof(Owned); }
  void create(std::byte* row) const override;
  void destroy(std::byte* row) const override;
  void save(const std::byte* row, std::string& out) const override;
  Result<void> load(std::string_view in, std::byte* row) const override;
  std::size_t heap_bytes(const std::byte* row) const override;

  static FloodEpisode& get(std::byte* row) { return **reinterpret_cast<Owned*>(row); }
  static const FloodEpisode& get(const std::byte* row) {
    return **reinterpret_cast<const Owned*>(row);
  }

 private:
  using Owned = std::unique_ptr<FloodEpisode>;
};

/// A row is a pointer to its group. Saved form (docs/formats.md): held_back, told, told_at, number
/// of raises (8 bytes each), the raises (8 bytes each), then the alert as AlertStateRow saves it.
class GroupFloodRow final : public RowCodec {
 public:
  std::size_t row_bytes() const override { return sizeof(Owned); }
  void create(std::byte* row) const override;
  void destroy(std::byte* row) const override;
  void save(const std::byte* row, std::string& out) const override;
  Result<void> load(std::string_view in, std::byte* row) const override;
  std::size_t heap_bytes(const std::byte* row) const override;

  static GroupFlood& get(std::byte* row) { return **reinterpret_cast<Owned*>(row); }

 private:
  static const GroupFlood& get(const std::byte* row) {
    return **reinterpret_cast<const Owned*>(row);
  }
  using Owned = std::unique_ptr<GroupFlood>;
};

}  // namespace sitrep
