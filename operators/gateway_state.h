// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a silence rule knows of a clock as a thing of its own: the gateway that all keys of the
// clock are heard through. And how that is kept in a state table. Thread-compatible.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/api/table.h"
#include "operators/alert_state.h"

namespace sitrep {

struct GatewayState {
  /// Of the gateway's own silence. last_row: the newest time at which any key of it was heard.
  AlertState alert;
  /// Keys that are known of it.
  std::uint32_t keys = 0;
  /// Whether it has been silent and its time has not jumped since: rows that it kept may be coming.
  bool returning = false;
  /// Where the jump that its last silence left ended; kMinWatermark: there was none.
  Micros returned_at = kMinWatermark;
  /// What its alert belongs to; empty: the rule does not say.
  std::string group;
};

/// A row is a pointer to its state, as in AlertStateRow. Saved form (docs/formats.md): keys (4
/// bytes), returning (1 byte), returned_at (8 bytes), group (behind its length, 4 bytes), then the
/// alert as AlertStateRow saves it.
class GatewayStateRow final : public RowCodec {
 public:
  std::size_t row_bytes() const override { return sizeof(Owned); }
  void create(std::byte* row) const override;
  void destroy(std::byte* row) const override;
  void save(const std::byte* row, std::string& out) const override;
  Result<void> load(std::string_view in, std::byte* row) const override;
  std::size_t heap_bytes(const std::byte* row) const override;

  static GatewayState& get(std::byte* row) { return **reinterpret_cast<Owned*>(row); }
  static const GatewayState& get(const std::byte* row) {
    return **reinterpret_cast<const Owned*>(row);
  }

 private:
  using Owned = std::unique_ptr<GatewayState>;
};

}  // namespace sitrep
