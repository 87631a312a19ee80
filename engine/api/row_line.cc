// SPDX-License-Identifier: Apache-2.0
#include "engine/api/row_line.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace sitrep {
namespace {

// New rows become a run when they are so many of those that wait, if none has to leave before.
constexpr std::size_t kNewShare = 8;
constexpr std::size_t kRunsMax = 16;
/// A run of more rows gives back the memory of those that have left when they are most of it.
constexpr std::size_t kRowsKept = 64 * 1024;

bool comes_before(const WaitingRow& a, const WaitingRow& b) {
  return a.time != b.time ? a.time < b.time : a.number < b.number;
}

/// Puts rows in the order of time, of which those of one time have ascending numbers: by radix, a
/// few passes whose branches do not depend on the rows. For few rows, or times that lie far apart,
/// it compares.
void sort_by_time(std::vector<WaitingRow>& rows, std::vector<WaitingRow>& room) {
  constexpr int kDigitBits = 11;
  constexpr std::size_t kDigits = 1 << kDigitBits;
  constexpr int kPassesMax = 3;
  constexpr std::size_t kRowsMin = 128;
  const auto [low, high] = std::ranges::minmax(rows, {}, &WaitingRow::time);
  const Micros from = low.time;
  const auto span = static_cast<std::uint64_t>(high.time) - static_cast<std::uint64_t>(from);
  const int passes = (static_cast<int>(std::bit_width(span)) + kDigitBits - 1) / kDigitBits;
  if (rows.size() < kRowsMin || passes > kPassesMax) {
    std::sort(rows.begin(), rows.end(), comes_before);
    return;
  }
  room.resize(rows.size());
  for (int pass = 0; pass < passes; ++pass) {
    const auto digit = [&](const WaitingRow& row) {
      const auto offset = static_cast<std::uint64_t>(row.time - from);
      return (offset >> pass * kDigitBits) % kDigits;
    };
    std::array<std::uint32_t, kDigits> place{};
    for (const WaitingRow& row : rows) ++place[digit(row)];
    std::uint32_t before = 0;
    for (std::uint32_t& count : place) before += std::exchange(count, before);
    for (const WaitingRow& row : rows) room[place[digit(row)]++] = row;
    rows.swap(room);
  }
}

}  // namespace

std::optional<Micros> RowLine::first_time() const {
  if (empty()) return std::nullopt;
  Micros first = new_from_;
  for (const Run& run : runs_) first = std::min(first, run.left().front().time);
  return first;
}

std::size_t RowLine::waiting() const {
  std::size_t rows = 0;
  for (const Run& run : runs_) rows += run.size();
  return rows;
}

void RowLine::sort_new(std::vector<WaitingRow>& room) {
  if (new_.empty()) return;
  sort_by_time(new_, room);
  const std::size_t size = new_.size();
  runs_.push_back({.rows = std::exchange(new_, {})});
  new_.reserve(std::min(size, kRowsKept));  // as many may come again
  new_from_ = std::numeric_limits<Micros>::max();
  if (runs_.size() > kRunsMax) merge_smallest();
}

/// Of two that follow each other, so that their numbers stay apart from those of the others.
void RowLine::merge_smallest() {
  std::size_t at = 0;
  for (std::size_t i = 1; i + 1 < runs_.size(); ++i) {
    const auto size = [this](std::size_t n) { return runs_[n].size() + runs_[n + 1].size(); };
    if (size(i) < size(at)) at = i;
  }
  const std::span<const WaitingRow> older = runs_[at].left();
  const std::span<const WaitingRow> newer = runs_[at + 1].left();
  Run merged;
  merged.rows.resize(older.size() + newer.size());
  std::ranges::merge(older, newer, merged.rows.begin(), comes_before);
  runs_[at] = std::move(merged);
  runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(at) + 1);
}

void RowLine::take(Micros until, std::vector<WaitingRow>& out, std::vector<WaitingRow>& room) {
  if (new_from_ <= until || new_.size() * kNewShare > waiting()) sort_new(room);
  std::vector<WaitingRow> taken;
  std::size_t runs = 0;
  for (Run& run : runs_) {
    const std::span<const WaitingRow> left = run.left();
    if (left.front().time > until) continue;
    const auto end = std::ranges::upper_bound(left, until, {}, &WaitingRow::time);
    taken.insert(taken.end(), left.begin(), end);
    run.first += static_cast<std::size_t>(end - left.begin());
    ++runs;
    if (run.rows.size() > kRowsKept && run.first > run.size()) {
      run = {.rows = std::vector<WaitingRow>(run.left().begin(), run.left().end())};
    }
  }
  if (runs > 0) std::erase_if(runs_, [](const Run& run) { return run.size() == 0; });
  if (runs > 1) sort_by_time(taken, room);
  out.insert(out.end(), taken.begin(), taken.end());
  if (room.capacity() > kRowsKept) std::vector<WaitingRow>().swap(room);
}

}  // namespace sitrep
