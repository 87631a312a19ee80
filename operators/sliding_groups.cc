// SPDX-License-Identifier: Apache-2.0
#include "operators/sliding_groups.h"

#include <algorithm>
#include <cstring>

namespace sitrep {
namespace {

/// After a drop, because memory was short: making a block's sums for one window alone costs as much
/// as merging its panes.
constexpr std::size_t kRestWindows = 200;

}  // namespace

SlidingGroups::SlidingGroups(const AccumulatorRow& layout, const WindowMath& windows, Table& panes,
                             ClockId clock)
    : layout_(layout),
      row_words_(layout.row_bytes() / sizeof(std::uint64_t)),
      windows_(windows),
      panes_(panes),
      clock_(clock),
      row_(row_words_) {}

Micros SlidingGroups::block_end(Micros pane_end) const {
  const Micros into = (windows_.pane_start(pane_end) - windows_.offset()) % windows_.width();
  const Micros before = into < 0 ? into + windows_.width() : into;
  return pane_end + windows_.width() - windows_.slide() - before;
}

std::size_t SlidingGroups::level_of(Micros pane_end) const {
  return static_cast<std::size_t>((head_->end - pane_end) / windows_.slide());
}

Result<void> SlidingGroups::window(Micros end, std::size_t bytes_max, const TakeGroup& take) {
  const Micros first = end - windows_.width() + windows_.slide();
  const Micros boundary = block_end(first);
  const bool has_head = head_ && head_->end == boundary && !head_->has_last_only &&
                        level_of(first) < head_->levels.size();
  if (!has_head) TRY(make_head(first, boundary, bytes_max));
  if (end == boundary) {
    tail_.reset();
  } else {
    TRY(extend_tail(boundary, end));
  }
  TRY(put_together(head_->has_last_only ? 0 : level_of(first), take));
  if (!keeps()) {
    --rests_;
    head_.reset();
    tail_.reset();
  } else if (head_->has_last_only) {
    head_.reset();
  }
  return {};
}

Result<void> SlidingGroups::make_head(Micros first, Micros end, std::size_t bytes_max) {
  head_.emplace();
  head_->end = end;
  head_->has_last_only = !keeps();
  for (Micros pane = end; pane >= first; pane -= windows_.slide()) {
    if (auto added = add_level(pane); !added) {
      head_.reset();
      return added;
    }
    if (!head_->has_last_only && head_bytes() > bytes_max) {
      head_->has_last_only = true;
      head_->levels.erase(head_->levels.begin(), head_->levels.end() - 1);
    }
  }
  return {};
}

Result<void> SlidingGroups::add_level(Micros pane_end) {
  Head& head = *head_;
  Level level;
  if (!head.levels.empty()) {
    level = head.has_last_only ? std::move(head.levels.back()) : head.levels.back();
  }
  Words& sums = level.sums;
  if (Table::Pane* const pane = panes_.find_pane({.clock = clock_, .end = pane_end})) {
    TRY(panes_.for_each(*pane, [&](std::string_view key, const std::byte* row) {
      const std::size_t before = head.index.size();
      const std::size_t group = head.index.number_of(key);
      if (group == before) {
        sums.resize(head.index.size() * row_words_);
        std::memcpy(sums.data() + group * row_words_, row, layout_.row_bytes());
        return;
      }
      // What came first stands first.
      std::memcpy(row_.data(), row, layout_.row_bytes());
      std::uint64_t* const sum = sums.data() + group * row_words_;
      layout_.merge(reinterpret_cast<std::byte*>(row_.data()), reinterpret_cast<std::byte*>(sum));
      std::copy(row_.begin(), row_.end(), sum);
    }));
  }
  level.groups = head.index.size();
  if (head.has_last_only) head.levels.clear();
  head.levels.push_back(std::move(level));
  return {};
}

Result<void> SlidingGroups::extend_tail(Micros begin, Micros end) {
  if (!tail_ || tail_->begin != begin || tail_->through > end) {
    tail_.emplace(layout_);
    tail_->begin = begin;
    tail_->through = begin;
  }
  while (tail_->through < end) {
    const Micros next = tail_->through + windows_.slide();
    if (Table::Pane* const pane = panes_.find_pane({.clock = clock_, .end = next})) {
      const auto read = panes_.for_each(*pane, [&](std::string_view key, const std::byte* row) {
        tail_->groups.merge(key, row);
      });
      if (!read) {
        tail_.reset();
        return read;
      }
    }
    tail_->through = next;
  }
  return {};
}

Result<void> SlidingGroups::put_together(std::size_t level, const TakeGroup& take) {
  const Head& head = *head_;
  const auto& [groups, sums] = head.levels[level];
  const std::size_t tail_groups = tail_ ? tail_->groups.size() : 0;
  is_in_head_.assign(tail_groups, false);
  std::size_t likely = 0;
  for (std::size_t group = 0; group < groups; ++group) {
    const std::string_view key = head.index.key(group);
    std::copy_n(sums.begin() + static_cast<std::ptrdiff_t>(group * row_words_), row_words_,
                row_.begin());
    std::byte* const row = reinterpret_cast<std::byte*>(row_.data());
    if (tail_groups > 0) {
      const std::size_t found = tail_->groups.find(key, likely);
      if (found != GroupIndex::kNone) {
        layout_.merge(row, tail_->groups.row(found));
        is_in_head_[found] = true;
        likely = found + 1;
      }
    }
    TRY(take(key, row));
  }
  for (std::size_t group = 0; group < tail_groups; ++group) {
    if (!is_in_head_[group]) TRY(take(tail_->groups.key(group), tail_->groups.row(group)));
  }
  return {};
}

bool SlidingGroups::changes(Micros pane_end) {
  const bool in_head = head_ && pane_end <= head_->end;
  const bool in_tail = tail_ && pane_end > tail_->begin && pane_end <= tail_->through;
  if (in_head) head_.reset();
  if (in_tail) tail_.reset();
  return in_head || in_tail;
}

void SlidingGroups::drop() {
  head_.reset();
  tail_.reset();
  rests_ = kRestWindows;
}

std::size_t SlidingGroups::head_bytes() const {
  if (!head_) return 0;
  std::size_t bytes =
      head_->index.memory_bytes() + head_->levels.capacity() * sizeof(Level);
  for (const Level& level : head_->levels) {
    bytes += level.sums.capacity() * sizeof(std::uint64_t);
  }
  return bytes;
}

std::size_t SlidingGroups::memory_bytes() const {
  return head_bytes() + (tail_ ? tail_->groups.memory_bytes() : 0);
}

}  // namespace sitrep
