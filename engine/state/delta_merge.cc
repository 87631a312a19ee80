// SPDX-License-Identifier: Apache-2.0
#include "engine/state/delta_merge.h"

#include <algorithm>
#include <string>

#include "engine/state/keys.h"

namespace sitrep {

Result<void> DeltaMerge::add(const Delta& delta) {
  ASSIGN_OR_RETURN(const DecodedDelta decoded, decode_delta(delta.bytes));
  positions_[decoded.task] = {.task = decoded.position, .mark = delta.mark};
  changes_.reserve(changes_.size() + decoded.changes.size());
  std::string key;
  std::size_t prefix_bytes = 0;
  const Change* before = nullptr;
  for (const Change& change : decoded.changes) {
    // A clock's name is one view for all groups of a delta: no need to compare its bytes.
    if (before == nullptr || before->store != change.store ||
        before->key.clock.data() != change.key.clock.data() ||
        before->key.pane != change.key.pane) {
      key = pane_prefix(decoded.task, change.store, change.key.clock, change.key.pane);
      prefix_bytes = key.size();
    }
    before = &change;
    key.resize(prefix_bytes);
    key += change.key.key;
    changes_.push_back(
        {.change = {.kind = change.kind, .key = keys_.store(key), .value = change.value},
         .number = changes_.size()});
  }
  return {};
}

std::vector<MergedChange> DeltaMerge::finish() {
  const auto removes_pane = [](const Numbered& change) {
    return change.change.kind == Change::Kind::kRemovePane;
  };
  // A pane's prefix is the least of its keys, and equal to that of its empty key: removals go
  // first.
  std::sort(changes_.begin(), changes_.end(), [&](const Numbered& a, const Numbered& b) {
    if (const int order = a.change.key.compare(b.change.key); order != 0) return order < 0;
    if (removes_pane(a) != removes_pane(b)) return removes_pane(a);
    return a.number < b.number;
  });
  std::vector<MergedChange> merged;
  merged.reserve(changes_.size());
  const Numbered* removal = nullptr;
  for (std::size_t n = 0; n < changes_.size(); ++n) {
    const Numbered& change = changes_[n];
    const Numbered* const next = n + 1 < changes_.size() ? &changes_[n + 1] : nullptr;
    if (next != nullptr && next->change.key == change.change.key &&
        removes_pane(*next) == removes_pane(change)) {
      continue;  // A later change to the same thing.
    }
    if (removes_pane(change)) {
      removal = &change;
    } else if (removal != nullptr && change.number < removal->number &&
               change.change.key.starts_with(removal->change.key)) {
      continue;
    }
    merged.push_back(change.change);
  }
  return merged;
}

}  // namespace sitrep
