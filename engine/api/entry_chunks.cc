// SPDX-License-Identifier: Apache-2.0
#include "engine/api/entry_chunks.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/ensure.h"

namespace sitrep {
namespace {

// A chunk takes no more entries than these.
constexpr std::size_t kChunkEntries = 8192;
constexpr std::size_t kBitsPerWord = 64;
/// A chunk is written anew when less than this share of it holds.
constexpr std::size_t kHoldingShare = 4;
/// What a node of a map has beside its value.
constexpr std::size_t kNodeBytes = 40;

}  // namespace

std::size_t EntryChunks::Chunk::bytes() const {
  return kNodeBytes + sizeof(Chunk) + numbers.capacity() * sizeof(numbers[0]);
}

StateKey EntryChunks::key_of(std::uint64_t chunk_number) {
  return {.clock = "", .pane = static_cast<Micros>(chunk_number), .key = ""};
}

void EntryChunks::mark_changed(std::uint32_t number) {
  if (number >= places_.size()) {
    places_.resize(std::size_t{number} + 1);
    changes_.resize(number / kBitsPerWord + 1);
  }
  std::uint64_t& word = changes_[number / kBitsPerWord];
  const std::uint64_t bit = std::uint64_t{1} << number % kBitsPerWord;
  if ((word & bit) != 0) return;
  word |= bit;
  ++changed_count_;
}

void EntryChunks::list_changed() {
  changed_.clear();
  changed_.reserve(changed_count_);
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    for (std::uint64_t word = changes_[i]; word != 0; word &= word - 1) {
      const std::size_t bit = static_cast<std::size_t>(std::countr_zero(word));
      changed_.push_back(static_cast<std::uint32_t>(i * kBitsPerWord + bit));
    }
  }
}

void EntryChunks::leave_chunk(std::uint32_t number) {
  Chunk* const chunk = std::exchange(places_[number], nullptr);
  if (chunk == nullptr) return;
  --chunk->holding;
  if (!std::exchange(chunk->is_left, true)) left_.push_back(chunk);
}

void EntryChunks::collect(ChangeSink& changes, const Save& save) {
  list_changed();
  for (const std::uint32_t number : changed_) leave_chunk(number);
  for (Chunk* const chunk : left_) {
    chunk->is_left = false;
    if (chunk->holding * kHoldingShare < chunk->numbers.size()) dissolve(*chunk, changes);
  }
  left_.clear();
  if (changed_.size() < changed_count_) list_changed();
  for (std::span<const std::uint32_t> rest = changed_; !rest.empty();) {
    rest = rest.subspan(write_chunk(rest, changes, save));
  }
  changed_.clear();
  std::ranges::fill(changes_, 0);
  changed_count_ = 0;
}

void EntryChunks::forget_all(ChangeSink& changes) {
  for (const auto& [number, chunk] : chunks_) changes.remove(store_, key_of(number));
  chunks_.clear();
  chunk_bytes_ = 0;
  places_.clear();
  changes_.clear();
  changed_count_ = 0;
}

/// Removes a chunk of which little holds; what does is to be written anew.
void EntryChunks::dissolve(Chunk& chunk, ChangeSink& changes) {
  for (const std::uint32_t number : chunk.numbers) {
    if (places_[number] != &chunk) continue;
    places_[number] = nullptr;
    mark_changed(number);
  }
  changes.remove(store_, key_of(chunk.number));
  chunk_bytes_ -= chunk.bytes();
  chunks_.erase(chunk.number);
}

/// A chunk of the first of `numbers`: how many.
std::size_t EntryChunks::write_chunk(std::span<const std::uint32_t> numbers, ChangeSink& changes,
                                     const Save& save) {
  const std::uint64_t chunk_number = ++last_chunk_;
  Chunk& chunk = chunks_[chunk_number];
  chunk.number = chunk_number;
  value_.clear();
  const std::size_t count =
      save(numbers.first(std::min(kChunkEntries, numbers.size())), value_);
  ENSURE(count > 0, "a chunk has an entry at least");
  for (const std::uint32_t number : numbers.first(count)) places_[number] = &chunk;
  chunk.numbers.assign(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(count));
  chunk.holding = count;
  chunk_bytes_ += chunk.bytes();
  changes.put(store_, key_of(chunk_number), value_);
  return count;
}

EntryChunks::Chunk* EntryChunks::begin_restore(const StateKey& key) {
  if (key.pane <= 0) return nullptr;
  const auto chunk_number = static_cast<std::uint64_t>(key.pane);
  const auto [added, is_new] = chunks_.try_emplace(chunk_number);
  ENSURE(is_new, "a chunk is restored once");
  added->second.number = chunk_number;
  last_chunk_ = std::max(last_chunk_, chunk_number);
  return &added->second;
}

bool EntryChunks::restore(Chunk& chunk, std::uint32_t number) {
  if (number >= places_.size()) {
    places_.resize(std::size_t{number} + 1);
    changes_.resize(number / kBitsPerWord + 1);
  }
  chunk.numbers.push_back(number);
  Chunk*& place = places_[number];
  if (place != nullptr && place->number > chunk.number) return false;
  place = &chunk;
  return true;
}

void EntryChunks::settle() {
  for (const auto& [number, chunk] : chunks_) chunk_bytes_ += chunk.bytes();
  for (Chunk* const place : places_) {
    if (place != nullptr) ++place->holding;
  }
}

std::size_t EntryChunks::memory_bytes() const {
  return places_.capacity() * sizeof(places_[0]) + changes_.capacity() * sizeof(changes_[0]) +
         changed_.capacity() * sizeof(changed_[0]) + chunk_bytes_;
}

}  // namespace sitrep
