// SPDX-License-Identifier: Apache-2.0
#pragma once
// Folds deltas into what is left to write to the image, in the order of its keys: the last change
// per entry wins, and a pane's removal kills what earlier deltas put there. So a window that opened
// and closed meanwhile is a single removal, whatever its rows did. Thread-compatible.

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/data/arena.h"
#include "engine/state/delta.h"
#include "engine/state/image.h"

namespace sitrep {

struct MergedChange {
  Change::Kind kind;
  /// As in the image (keys.h); a pane's prefix for kRemovePane.
  std::string_view key;
  std::string_view value;
};

class DeltaMerge {
 public:
  /// Deltas come oldest first. Their bytes must outlive the merge. kCorrupt as decode_delta.
  Result<void> add(const Delta& delta);
  /// What to write, ascending by key; a removed pane comes before what was put there later. Views
  /// live as long as the merge and the deltas.
  std::vector<MergedChange> finish();
  /// What each task stands for after its last delta.
  const std::map<TaskId, ImagePosition>& positions() const { return positions_; }

 private:
  struct Numbered {
    MergedChange change;
    std::size_t number;
  };

  Arena keys_;
  std::vector<Numbered> changes_;
  std::map<TaskId, ImagePosition> positions_;
};

}  // namespace sitrep
