// SPDX-License-Identifier: Apache-2.0
#include "engine/api/table_pane.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace sitrep {

namespace {

/// A pane's node in the map of panes.
constexpr std::size_t kMapNodeBytes = 64;

}  // namespace

std::uint64_t Table::Pane::kNoSlots[1] = {kEmptySlot};

static_assert(sizeof(void*) == 8, "a slot packs a pointer and 16 bits of hash");

Table::Pane::Pane(Table& table, PaneKey pane_key)
    : key(pane_key), table_(table) {
  table_.bytes_ += sizeof(Pane) + kMapNodeBytes;
}

Table::Pane::~Pane() {
  drain([this](Entry& entry) {
    if (!entry.has(Entry::kErased)) table_.destroy_row(entry);
  });
  table_.bytes_ -= sizeof(Pane) + kMapNodeBytes + (filter_ ? filter_->bytes() : 0);
}

void Table::Pane::set_cold(bool cold) {
  cold_ = cold;
  if (filter_) fill_filter();
}

const KeyFilter& Table::Pane::filter() {
  if (!filter_) {
    filter_ = std::make_unique<KeyFilter>();
    table_.bytes_ += filter_->bytes();
    fill_filter();
  }
  return *filter_;
}

void Table::Pane::fill_filter() {
  table_.bytes_ -= filter_->bytes();
  if (cold_) {
    filter_->pass_all();
  } else {
    filter_->clear(slot_count());
    visit([this](Entry& entry) { filter_->add(hash_bytes(entry.key())); });
  }
  table_.bytes_ += filter_->bytes();
}

Table::Entry* Table::Pane::allocate(std::string_view name) {
  ENSURE(name.size() <= std::numeric_limits<std::uint32_t>::max() / 2, "a key of gigabytes");
  Entry* const entry =
      new (take_bytes(Entry::row_offset(name.size()) + table_.row_bytes_)) Entry(name);
  if (table_.owns_heap_) table_.set_heap_bytes(*entry, 0);
  return entry;
}

void Table::Pane::give_back(Entry* entry) {
  chunks_.back().used -= static_cast<std::uint32_t>(entry_bytes(*entry));
}

void Table::Pane::link(Entry* entry, std::uint64_t hash) {
  ++linked_;
  if (!fits(linked_, slot_count())) {
    resize_index(std::max(slot_count() * 2, kFirstSlots));
    // The chunks hold every entry, the new one included.
    visit([this](Entry& held) { place(&held, hash_bytes(held.key())); });
    return;
  }
  place(entry, hash);
}

void Table::Pane::append_dirty(Entry& entry) {
  if (dirty.empty()) {
    change = static_cast<std::uint32_t>(table_.changed_.size());
    table_.changed_.push_back(this);
  }
  entry.set(Entry::kDirty);
  table_.changed_bytes_ += entry_bytes(entry) + table_.heap_bytes(entry);
  const std::size_t before = dirty.capacity();
  dirty.push_back(&entry);
  table_.bytes_ += (dirty.capacity() - before) * sizeof(Entry*);
}

void Table::Pane::place(Entry* entry, std::uint64_t hash) {
  std::uint64_t at = hash & mask_;
  while (slots_[at] != kEmptySlot) at = (at + 1) & mask_;
  constexpr std::uint64_t kTag = ~std::uint64_t{0} << kPointerBits;
  slots_[at] = (hash & kTag) | reinterpret_cast<std::uint64_t>(entry);
  if (filter_) filter_->add(hash);
}

/// Makes a new index, which is empty.
void Table::Pane::resize_index(std::size_t slots) {
  ENSURE(slots <= std::size_t{1} << 32, "a pane of billions of keys");
  table_.bytes_ -= slot_count() * sizeof(std::uint64_t);
  slots_.reset(kNoSlots);  // before the new one is there
  if (slots > 0) slots_.reset(new std::uint64_t[slots]());
  mask_ = slots == 0 ? 0 : static_cast<std::uint32_t>(slots - 1);
  table_.bytes_ += slots * sizeof(std::uint64_t);
  if (!filter_ || cold_) return;
  table_.bytes_ -= filter_->bytes();
  filter_->clear(slots);
  table_.bytes_ += filter_->bytes();
}

std::byte* Table::Pane::take_bytes(std::size_t bytes) {
  if (chunks_.empty() || chunks_.back().capacity - chunks_.back().used < bytes) {
    const std::size_t last = chunks_.empty() ? 0 : chunks_.back().capacity;
    const std::size_t larger = std::min(kChunkBytesMax, last + last / 2);
    add_chunk(std::max({bytes, kFirstChunkBytes, larger}));
  }
  Chunk& chunk = chunks_.back();
  std::byte* const out = chunk.bytes.get() + chunk.used;
  chunk.used += static_cast<std::uint32_t>(bytes);
  return out;
}

void Table::Pane::add_chunk(std::size_t bytes) {
  bytes = Entry::aligned(bytes);
  ENSURE(bytes <= std::numeric_limits<std::uint32_t>::max(), "a row of gigabytes");
  Chunk& chunk = chunks_.emplace_back();
  chunk.bytes = std::make_unique_for_overwrite<std::byte[]>(bytes);
  chunk.capacity = static_cast<std::uint32_t>(bytes);
  const auto end = reinterpret_cast<std::uint64_t>(chunk.bytes.get()) + bytes;
  ENSURE(end >> kPointerBits == 0, "an address of more than 48 bits");
  table_.bytes_ += bytes + sizeof(Chunk);
}

void Table::Pane::free_chunk(Chunk& chunk) {
  table_.bytes_ -= chunk.capacity + sizeof(Chunk);
  chunk.bytes.reset();
}

std::vector<Table::Pane::Chunk> Table::Pane::begin_rebuild(std::size_t kept,
                                                           std::size_t kept_bytes) {
  std::vector<Chunk> old = std::exchange(chunks_, {});
  linked_ = 0;
  erased = 0;
  table_.bytes_ -= dirty.capacity() * sizeof(Entry*);
  dirty = std::vector<Entry*>();
  std::size_t slots = kept == 0 ? 0 : kFirstSlots;
  while (!fits(kept, slots)) slots *= 2;
  resize_index(slots);
  if (kept > 0) add_chunk(std::min(kept_bytes, kChunkBytesMax));
  return old;
}

void Table::Pane::move_in(const Entry& entry) {
  const std::size_t bytes = entry_bytes(entry);
  std::byte* const to = take_bytes(bytes);
  std::memcpy(to, &entry, bytes);
  Entry* const moved = reinterpret_cast<Entry*>(to);
  place(moved, hash_bytes(moved->key()));
  ++linked_;
  if (moved->has(Entry::kErased)) ++erased;
  if (!moved->has(Entry::kDirty)) return;
  const std::size_t before = dirty.capacity();
  dirty.push_back(moved);
  table_.bytes_ += (dirty.capacity() - before) * sizeof(Entry*);
}

}  // namespace sitrep
