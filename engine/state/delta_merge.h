// SPDX-License-Identifier: Apache-2.0
#pragma once
// Folds deltas into what is left to write to the image, in the order of its keys: the last change
// per entry wins, and a pane's removal kills what earlier deltas put there. So a window that opened
// and closed meanwhile is a single removal, whatever its rows did. Thread-compatible.

#include <cstdint>
#include <functional>
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
  /// What to write, ascending by key; a removed pane comes before what was put there later. The
  /// views live as long as the call that they are given to, whose first Error ends it.
  Result<void> finish(const std::function<Result<void>(const MergedChange&)>& take);
  /// At most so many bytes takes a write of all that finish() gives.
  std::size_t bytes_max() const { return bytes_max_; }
  /// What each task stands for after its last delta.
  const std::map<TaskId, ImagePosition>& positions() const { return positions_; }

 private:
  /// A put or removal of one entry. Keys are mostly told apart by their first eight bytes.
  struct Entry {
    std::uint64_t head;
    std::string_view key;
    std::string_view value;
    bool removed;
  };
  /// What one delta did to a pane: its removal, or some entries.
  struct Run {
    std::string_view prefix;  // in prefixes_
    bool removes_pane;
    std::size_t delta;  // its entries are in entries_[delta]
    std::size_t first;
    std::size_t count;
  };

  Result<void> finish_pane(std::vector<Run>::const_iterator begin,
                           std::vector<Run>::const_iterator end,
                           const std::function<Result<void>(const MergedChange&)>& take);

  Arena prefixes_;
  std::vector<Run> runs_;
  std::vector<std::vector<Entry>> entries_;  // per delta
  std::size_t bytes_max_ = 0;
  std::vector<Entry> pane_entries_;
  std::map<TaskId, ImagePosition> positions_;
};

}  // namespace sitrep
