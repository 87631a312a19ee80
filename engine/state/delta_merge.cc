// SPDX-License-Identifier: Apache-2.0
#include "engine/state/delta_merge.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>

#include "engine/state/keys.h"

namespace sitrep {
namespace {

/// What a write adds to a key and its value: their lengths and kinds.
constexpr std::size_t kFrameBytes = 16;

/// The first eight bytes as a number that sorts as they do; of a shorter key, zeros behind it.
std::uint64_t head_of(std::string_view key) {
  std::uint64_t head = 0;
  for (std::size_t byte = 0; byte < sizeof(head); ++byte) {
    head = head << 8 | (byte < key.size() ? static_cast<unsigned char>(key[byte]) : 0);
  }
  return head;
}

}  // namespace

Result<void> DeltaMerge::add(const Delta& delta) {
  ASSIGN_OR_RETURN(const DecodedDelta decoded, decode_delta(delta.bytes));
  positions_[decoded.task] = {.task = decoded.position, .mark = delta.mark};
  std::vector<Entry>& entries = entries_.emplace_back();
  entries.reserve(decoded.changes.size());
  const Change* before = nullptr;
  for (const Change& change : decoded.changes) {
    const bool removes_pane = change.kind == Change::Kind::kRemovePane;
    // A clock's name is one view for all groups of a delta: no need to compare its bytes.
    const bool same_pane = before != nullptr && before->store == change.store &&
                           before->key.clock.data() == change.key.clock.data() &&
                           before->key.pane == change.key.pane;
    if (!same_pane || removes_pane != runs_.back().removes_pane) {
      const std::string_view prefix =
          same_pane ? runs_.back().prefix
                    : prefixes_.store(pane_prefix(decoded.task, change.store, change.key.clock,
                                                  change.key.pane));
      runs_.push_back({.prefix = prefix,
                       .removes_pane = removes_pane,
                       .delta = entries_.size() - 1,
                       .first = entries.size(),
                       .count = 0});
    }
    before = &change;
    bytes_max_ += runs_.back().prefix.size() + change.key.key.size() + change.value.size() +
                  kFrameBytes;
    if (removes_pane) continue;
    entries.push_back({.head = head_of(change.key.key),
                       .key = change.key.key,
                       .value = change.value,
                       .removed = change.kind == Change::Kind::kRemove});
    ++runs_.back().count;
  }
  return {};
}

Result<void> DeltaMerge::finish(const std::function<Result<void>(const MergedChange&)>& take) {
  std::stable_sort(runs_.begin(), runs_.end(),
                   [](const Run& a, const Run& b) { return a.prefix < b.prefix; });
  for (auto begin = runs_.cbegin(); begin != runs_.cend();) {
    const auto end = std::find_if(begin, runs_.cend(), [&](const Run& run) {
      return run.prefix != begin->prefix;
    });
    TRY(finish_pane(begin, end, take));
    begin = end;
  }
  return {};
}

/// `begin` to `end` are all runs of one pane, oldest first.
Result<void> DeltaMerge::finish_pane(
    std::vector<Run>::const_iterator begin, std::vector<Run>::const_iterator end,
    const std::function<Result<void>(const MergedChange&)>& take) {
  const std::string_view prefix = begin->prefix;
  auto living = end;
  while (living != begin && !std::prev(living)->removes_pane) --living;
  if (living != begin) {
    TRY(take({.kind = Change::Kind::kRemovePane, .key = prefix, .value = {}}));
  }
  pane_entries_.clear();
  for (; living != end; ++living) {
    const std::span run = std::span(entries_[living->delta]).subspan(living->first, living->count);
    pane_entries_.insert(pane_entries_.end(), run.begin(), run.end());
  }
  // Of the changes to one entry, which stay in their order, the last one counts.
  std::stable_sort(pane_entries_.begin(), pane_entries_.end(),
                   [](const Entry& a, const Entry& b) {
                     return a.head != b.head ? a.head < b.head : a.key < b.key;
                   });
  std::string key(prefix);
  for (std::size_t n = 0; n < pane_entries_.size(); ++n) {
    const Entry& entry = pane_entries_[n];
    if (n + 1 < pane_entries_.size() && pane_entries_[n + 1].key == entry.key) continue;
    key.resize(prefix.size());
    key += entry.key;
    TRY(take({.kind = entry.removed ? Change::Kind::kRemove : Change::Kind::kPut,
              .key = key,
              .value = entry.value}));
  }
  return {};
}

}  // namespace sitrep
