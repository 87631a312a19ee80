// SPDX-License-Identifier: Apache-2.0
#include "engine/api/numbered_keys.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/api/raw_bytes.h"
#include "engine/base/ensure.h"

namespace sitrep {
namespace {

struct Header {
  std::uint32_t key_bytes;
  std::uint32_t words_bytes;
  ClockId clock;
};

constexpr int kHashShift = 32;
constexpr std::uint64_t kNumberMask = (std::uint64_t{1} << kHashShift) - 1;
constexpr std::size_t kSlotsMin = 8;
constexpr std::size_t kCacheLine = 64;
/// The allocator's own, of an entry.
constexpr std::size_t kAllocatedBytes = 8;
/// Of an entry in a chunk, beside key, clock and words.
constexpr std::size_t kFrameBytes = 17;
constexpr std::uint8_t kGone = 0;
constexpr std::uint8_t kKnown = 1;

std::uint64_t slot_of(std::uint32_t number, std::uint64_t hash) {
  return (hash >> kHashShift) << kHashShift | (std::uint64_t{number} + 1);
}

std::uint32_t number_of(std::uint64_t slot) {
  return static_cast<std::uint32_t>((slot & kNumberMask) - 1);
}

std::size_t bytes_of(const NumberedKeys::Entry& entry) {
  return sizeof(Header) + entry.key.size() + entry.words.size() + kAllocatedBytes;
}

}  // namespace

NumberedKeys::Entry NumberedKeys::entry_of(const Held& held) {
  Header header;
  std::memcpy(&header, held.get(), sizeof header);
  const char* const bytes = held.get() + sizeof header;
  return {.key = {bytes, header.key_bytes},
          .words = {bytes + header.key_bytes, header.words_bytes},
          .clock = header.clock};
}

void NumberedKeys::hold(std::uint32_t number, const Entry& entry) {
  if (number >= held_.size()) held_.resize(std::size_t{number} + 1);
  const Header header{.key_bytes = static_cast<std::uint32_t>(entry.key.size()),
                      .words_bytes = static_cast<std::uint32_t>(entry.words.size()),
                      .clock = entry.clock};
  Held held = std::make_unique_for_overwrite<char[]>(sizeof header + entry.key.size() +
                                                     entry.words.size());
  std::memcpy(held.get(), &header, sizeof header);
  char* const bytes = held.get() + sizeof header;
  std::copy(entry.key.begin(), entry.key.end(), bytes);
  std::copy(entry.words.begin(), entry.words.end(), bytes + entry.key.size());
  held_bytes_ += bytes_of(entry);
  held_[number] = std::move(held);
  ++known_;
}

void NumberedKeys::let_go(std::uint32_t number) {
  held_bytes_ -= bytes_of(entry_of(held_[number]));
  held_[number].reset();
  --known_;
}

/// Of the hash's high half, which the slot has: so slots move without a look at their keys.
std::size_t NumberedKeys::home_of(std::uint64_t slot) const {
  return (slot >> kHashShift) & (slots_.size() - 1);
}

std::optional<std::uint32_t> NumberedKeys::find(std::string_view key, std::uint64_t hash) {
  settle();
  if (slots_.empty()) return std::nullopt;
  for (std::size_t at = home_of(hash);; at = (at + 1) & (slots_.size() - 1)) {
    const std::uint64_t slot = slots_[at];
    if (slot == 0) return std::nullopt;
    if ((slot ^ hash) >> kHashShift != 0) continue;
    const std::uint32_t number = number_of(slot);
    if (entry_of(held_[number]).key == key) return number;
  }
}

void NumberedKeys::prefetch_slot(std::uint64_t hash) const {
  if (!slots_.empty()) __builtin_prefetch(&slots_[home_of(hash)]);
}

std::optional<std::uint32_t> NumberedKeys::prefetch_place(std::uint64_t hash) const {
  if (slots_.empty()) return std::nullopt;
  // Mostly the right one; a wrong one costs nothing else.
  const std::uint64_t slot = slots_[home_of(hash)];
  if (slot == 0) return std::nullopt;
  __builtin_prefetch(&held_[number_of(slot)]);
  return number_of(slot);
}

void NumberedKeys::prefetch_entry(std::uint64_t hash) const {
  if (slots_.empty()) return;
  const std::uint64_t slot = slots_[home_of(hash)];
  if (slot == 0) return;
  const char* const bytes = held_[number_of(slot)].get();
  __builtin_prefetch(bytes);
  __builtin_prefetch(bytes + kCacheLine);
}

void NumberedKeys::place(std::uint32_t number, std::uint64_t hash) {
  if (known_ * 10 > slots_.size() * 7) resize_index(std::max(slots_.size() * 2, kSlotsMin));
  const std::uint64_t slot = slot_of(number, hash);
  std::size_t at = home_of(slot);
  while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = slot;
}

void NumberedKeys::resize_index(std::size_t slots) {
  ENSURE(slots <= std::size_t{1} << kHashShift, "billions of keys");
  for (const std::uint64_t slot : std::exchange(slots_, std::vector<std::uint64_t>(slots))) {
    if (slot == 0) continue;
    std::size_t at = home_of(slot);
    while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }
}

/// Slots behind that would not be found any more move up (Knuth, volume 3, 6.4, algorithm R).
void NumberedKeys::take_out(std::uint32_t number, std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  const std::uint64_t slot = slot_of(number, hash);
  std::size_t hole = home_of(slot);
  while (slots_[hole] != slot) hole = (hole + 1) & mask;
  for (std::size_t at = (hole + 1) & mask; slots_[at] != 0; at = (at + 1) & mask) {
    const std::size_t from_home = (at - home_of(slots_[at])) & mask;
    const std::size_t from_hole = (at - hole) & mask;
    if (from_home < from_hole) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = 0;
}

void NumberedKeys::add(std::uint32_t number, const Entry& entry, std::uint64_t hash) {
  settle();
  ENSURE(!knows(number), "a number is of one key");
  hold(number, entry);
  place(number, hash);
  chunks_.mark_changed(number);
}

NumberedKeys::Entry NumberedKeys::at(std::uint32_t number) {
  settle();
  ENSURE(knows(number), "a number of a key that is known");
  return entry_of(held_[number]);
}

void NumberedKeys::move(std::uint32_t number, ClockId clock) {
  if (at(number).clock == clock) return;
  Header header;
  std::memcpy(&header, held_[number].get(), sizeof header);
  header.clock = clock;
  std::memcpy(held_[number].get(), &header, sizeof header);
  chunks_.mark_changed(number);
}

void NumberedKeys::remove(std::uint32_t number) {
  take_out(number, hash_bytes(at(number).key));
  let_go(number);
  chunks_.mark_changed(number);
}

std::vector<std::uint32_t> NumberedKeys::numbers() {
  settle();
  std::vector<std::uint32_t> out;
  out.reserve(known_);
  for (std::uint32_t number = 0; number < held_.size(); ++number) {
    if (knows(number)) out.push_back(number);
  }
  return out;
}

// A saved chunk (docs/formats.md): of each number the number, 4 bytes, whether it is known, 1 byte,
// and if so its clock's name, key and words, each behind its length, 4 bytes.
void NumberedKeys::collect(Epoch, ChangeSink& changes) {
  settle();
  if (chunks_.changed() == 0) return;
  if (known_ == 0) {
    chunks_.forget_all(changes);
    held_.clear();
    return;
  }
  chunks_.collect(changes, [this](std::span<const std::uint32_t> numbers, std::string& out) {
    std::size_t count = 0;
    while (count < numbers.size() && out.size() < EntryChunks::kChunkBytes) {
      save(numbers[count++], out);
    }
    return count;
  });
}

void NumberedKeys::save(std::uint32_t number, std::string& out) const {
  append_raw(out, number);
  if (!knows(number)) return append_raw(out, kGone);
  append_raw(out, kKnown);
  const Entry entry = entry_of(held_[number]);
  append_sized(out, clocks_.name(entry.clock));
  append_sized(out, entry.key);
  append_sized(out, entry.words);
}

Result<void> NumberedKeys::restore(const StateKey& key, std::string_view value) {
  EntryChunks::Chunk* const chunk = value.empty() ? nullptr : chunks_.begin_restore(key);
  if (chunk == nullptr) return corrupt("saved keys are damaged");
  is_settled_ = false;
  while (!value.empty()) {
    std::uint32_t number = 0;
    std::uint8_t kind = kGone;
    std::string_view clock;
    Entry entry;
    const bool is_whole = take_raw(value, number) && take_raw(value, kind) && kind <= kKnown &&
                          (kind == kGone ||
                           (take_sized(value, clock) && take_sized(value, entry.key) &&
                            take_sized(value, entry.words)));
    if (!is_whole) return corrupt("saved keys are damaged");
    if (!chunks_.restore(*chunk, number)) continue;
    if (knows(number)) let_go(number);
    if (kind == kGone) continue;
    entry.clock = clocks_.intern(clock);
    hold(number, entry);
  }
  return {};
}

void NumberedKeys::settle() {
  if (std::exchange(is_settled_, true)) return;
  chunks_.settle();
  std::size_t slots = kSlotsMin;
  while (known_ * 10 > slots * 7) slots *= 2;
  resize_index(slots);
  for (std::uint32_t number = 0; number < held_.size(); ++number) {
    if (knows(number)) place(number, hash_bytes(entry_of(held_[number]).key));
  }
}

std::size_t NumberedKeys::memory_bytes() const {
  return sizeof(NumberedKeys) + held_.capacity() * sizeof(held_[0]) + held_bytes_ +
         slots_.capacity() * sizeof(slots_[0]) + chunks_.memory_bytes();
}

std::size_t NumberedKeys::changed_bytes() const {
  const std::size_t mean = known_ == 0 ? 0 : held_bytes_ / known_;
  return chunks_.changed() * (kFrameBytes + mean);
}

}  // namespace sitrep
