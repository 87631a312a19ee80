// SPDX-License-Identifier: Apache-2.0
#pragma once
// Since when nothing was heard on a clock: a silence rule goes on from there after a restart.
// Written once, when the clock becomes idle. Thread-compatible.

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/api/raw_bytes.h"
#include "operators/owned_row.h"

namespace sitrep {

struct IdleClock {
  /// Processing time, of the machine that the task ran on then.
  Micros since = 0;
  /// The clock's watermark then.
  Micros from = 0;

  /// Saved form (docs/formats.md): since, from (8 bytes each).
  void save(std::string& out) const {
    append_raw(out, since);
    append_raw(out, from);
  }
  /// kCorrupt when `in` is not of that form.
  Result<void> load(std::string_view in) {
    if (!take_raw(in, since) || !take_raw(in, from) || !in.empty()) {
      return corrupt("what was saved of an idle clock is damaged");
    }
    return {};
  }
  std::size_t heap_bytes() const { return 0; }
};

using IdleClockRow = SavedRow<IdleClock>;

}  // namespace sitrep
