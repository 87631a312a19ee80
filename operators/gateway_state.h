// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a silence rule knows of a clock as a thing of its own: the gateway that all keys of the
// clock are heard through. And how that is kept in a state table. Thread-compatible.

#include <cstdint>
#include <string>
#include <string_view>

#include "operators/alert_state.h"
#include "operators/owned_row.h"

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

  /// Saved form (docs/formats.md): keys (4 bytes), returning (1 byte), returned_at (8 bytes), group
  /// (behind its length, 4 bytes), then `alert` as it is saved.
  void save(std::string& out) const;
  /// kCorrupt when `in` is not of that form.
  Result<void> load(std::string_view in);
  std::size_t heap_bytes() const;
};

using GatewayStateRow = SavedRow<GatewayState>;

}  // namespace sitrep
