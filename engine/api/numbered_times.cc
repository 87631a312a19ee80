// SPDX-License-Identifier: Apache-2.0
#include "engine/api/numbered_times.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/api/raw_bytes.h"
#include "engine/base/ensure.h"

namespace sitrep {
namespace {

constexpr std::size_t kChunkTimes = 8192;
constexpr std::size_t kTimeBytes = sizeof(std::uint32_t) + sizeof(Micros);
/// A chunk is written anew when less than this share of it holds.
constexpr std::size_t kHoldingShare = 4;
/// What a node of a map has beside its value.
constexpr std::size_t kNodeBytes = 40;

}  // namespace

std::size_t NumberedTimes::Chunk::bytes() const {
  return kNodeBytes + sizeof(Chunk) + numbers.capacity() * sizeof(numbers[0]);
}

std::uint32_t NumberedTimes::add(Micros time) {
  settle();
  std::uint32_t number = 0;
  if (free_.empty()) {
    number = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  set(number, time);
  return number;
}

Micros NumberedTimes::at(std::uint32_t number) {
  settle();
  ENSURE(number < entries_.size(), "a number that was not given out");
  return entries_[number].time;
}

void NumberedTimes::set(std::uint32_t number, Micros time) {
  settle();
  ENSURE(number < entries_.size(), "a number that was not given out");
  Entry& entry = entries_[number];
  if (entry.time == time) return;
  entry.time = time;
  mark_changed(number);
}

void NumberedTimes::remove(std::uint32_t number) {
  ENSURE(at(number) != kMinWatermark, "a number is given back once");
  set(number, kMinWatermark);
  free_.push_back(number);
}

void NumberedTimes::mark_changed(std::uint32_t number) {
  Entry& entry = entries_[number];
  if (std::exchange(entry.is_changed, true)) return;
  changed_.push_back(number);
}

void NumberedTimes::leave_chunk(Entry& entry) {
  if (entry.chunk == nullptr) return;
  --entry.chunk->holding;
  if (!std::exchange(entry.chunk->is_left, true)) left_.push_back(entry.chunk);
  entry.chunk = nullptr;
}

void NumberedTimes::collect(Epoch, ChangeSink& changes) {
  settle();
  if (changed_.empty()) return;
  if (free_.size() == entries_.size()) return forget_all(changes);
  for (const std::uint32_t number : changed_) leave_chunk(entries_[number]);
  for (Chunk* const chunk : left_) {
    chunk->is_left = false;
    if (chunk->holding * kHoldingShare < chunk->numbers.size()) dissolve(*chunk, changes);
  }
  left_.clear();
  for (std::size_t from = 0; from < changed_.size(); from += kChunkTimes) {
    const auto begin = changed_.begin() + static_cast<std::ptrdiff_t>(from);
    const std::size_t count = std::min(kChunkTimes, changed_.size() - from);
    write_chunk({begin, begin + static_cast<std::ptrdiff_t>(count)}, changes);
  }
  changed_.clear();
}

/// All numbers are nobody's.
void NumberedTimes::forget_all(ChangeSink& changes) {
  for (const auto& [number, chunk] : chunks_) {
    changes.remove(id_, {.clock = "", .pane = static_cast<Micros>(number), .key = ""});
  }
  chunks_.clear();
  chunk_bytes_ = 0;
  entries_.clear();
  free_.clear();
  changed_.clear();
}

void NumberedTimes::dissolve(Chunk& chunk, ChangeSink& changes) {
  for (const std::uint32_t number : chunk.numbers) {
    if (entries_[number].chunk != &chunk) continue;
    entries_[number].chunk = nullptr;
    mark_changed(number);
  }
  changes.remove(id_, {.clock = "", .pane = static_cast<Micros>(chunk.number), .key = ""});
  chunk_bytes_ -= chunk.bytes();
  chunks_.erase(chunk.number);
}

// A saved chunk (docs/formats.md): of each number the number, 4 bytes, and its time.
void NumberedTimes::write_chunk(std::vector<std::uint32_t> numbers, ChangeSink& changes) {
  const std::uint64_t chunk_number = ++last_chunk_;
  Chunk& chunk = chunks_[chunk_number];
  chunk.number = chunk_number;
  chunk.holding = numbers.size();
  std::string value;
  value.reserve(numbers.size() * kTimeBytes);
  for (const std::uint32_t number : numbers) {
    Entry& entry = entries_[number];
    append_raw(value, number);
    append_raw(value, entry.time);
    entry.chunk = &chunk;
    entry.is_changed = false;
  }
  chunk.numbers = std::move(numbers);
  chunk_bytes_ += chunk.bytes();
  changes.put(id_, {.clock = "", .pane = static_cast<Micros>(chunk_number), .key = ""}, value);
}

Result<void> NumberedTimes::restore(const StateKey& key, std::string_view value) {
  if (key.pane <= 0 || value.empty() || value.size() % kTimeBytes != 0) {
    return corrupt("saved times are damaged");
  }
  is_settled_ = false;
  const auto chunk_number = static_cast<std::uint64_t>(key.pane);
  const auto [added, is_new] = chunks_.try_emplace(chunk_number);
  ENSURE(is_new, "a chunk is restored once");
  Chunk& chunk = added->second;
  chunk.number = chunk_number;
  while (!value.empty()) {
    std::uint32_t number = 0;
    Micros time = 0;
    (void)take_raw(value, number);
    (void)take_raw(value, time);
    if (number >= entries_.size()) entries_.resize(std::size_t{number} + 1);
    chunk.numbers.push_back(number);
    Entry& entry = entries_[number];
    if (entry.chunk != nullptr && entry.chunk->number > chunk_number) continue;
    entry.chunk = &chunk;
    entry.time = time;
  }
  chunk_bytes_ += chunk.bytes();
  last_chunk_ = std::max(last_chunk_, chunk_number);
  return {};
}

void NumberedTimes::settle() {
  if (std::exchange(is_settled_, true)) return;
  for (std::uint32_t number = 0; number < entries_.size(); ++number) {
    const Entry& entry = entries_[number];
    if (entry.chunk != nullptr) ++entry.chunk->holding;
    if (entry.time == kMinWatermark) free_.push_back(number);
  }
}

std::size_t NumberedTimes::memory_bytes() const {
  return sizeof(NumberedTimes) + entries_.capacity() * sizeof(Entry) +
         (free_.capacity() + changed_.capacity()) * sizeof(std::uint32_t) + chunk_bytes_;
}

std::size_t NumberedTimes::changed_bytes() const { return changed_.size() * kTimeBytes; }

}  // namespace sitrep
