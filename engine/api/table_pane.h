// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of one pane of a Table: an index of 8-byte slots (pointer and 16 bits of the hash) over
// entries that lie in insertion order in chunks. A hit costs two cache lines: the slot and the
// entry, which holds its key and row side by side. Rows that were erased stay as entries until a
// rebuild, so that an evicted copy cannot come back; so nothing is ever taken out of the index
// alone.
//
// There may be tens of thousands of panes: an empty one allocates nothing, and chunks start small
// and double. Private to table.cc. Used only by its worker.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/api/table.h"
#include "engine/base/ensure.h"

namespace sitrep {

/// Eight bytes of header, then key and row, in one piece; rows are on 8-byte boundaries. Of a long
/// key the length comes first.
class Table::Entry {
 public:
  static constexpr std::uint64_t kDirty = 1;   ///< In the pane's dirty list.
  static constexpr std::uint64_t kSaved = 2;   ///< Some epoch, or the image, holds it.
  static constexpr std::uint64_t kErased = 4;  ///< Has no row any more.

  /// `this` lies in row_offset(key.size()) bytes at least.
  explicit Entry(std::string_view key) : word_(std::min(key.size(), kLongKey) << kFlagBits) {
    char* const to = reinterpret_cast<char*>(this) + key_offset(key.size());
    if (key.size() >= kLongKey) {
      const auto size = static_cast<std::uint32_t>(key.size());
      std::memcpy(to - sizeof size, &size, sizeof size);
    }
    if (!key.empty()) std::memcpy(to, key.data(), key.size());
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  bool has(std::uint64_t flag) const { return (word_ & flag) != 0; }
  void set(std::uint64_t flags) { word_ |= flags; }
  void unset(std::uint64_t flags) { word_ &= ~flags; }
  /// 1 + the epoch of the last delta that names it; 0: none that we know.
  std::uint64_t stamp() const { return word_ >> kStampShift; }
  void set_stamp(Epoch epoch) {
    word_ = (word_ & kBelowStamp) | ((epoch.value() + 1) << kStampShift);
  }
  std::size_t key_bytes() const {
    const std::size_t size = (word_ >> kFlagBits) & kLongKey;
    if (size < kLongKey) [[likely]] return size;
    std::uint32_t long_size = 0;
    std::memcpy(&long_size, this + 1, sizeof long_size);
    return long_size;
  }
  std::string_view key() const {
    const std::size_t size = key_bytes();
    return {reinterpret_cast<const char*>(this) + key_offset(size), size};
  }
  std::byte* row() { return reinterpret_cast<std::byte*>(this) + row_offset(key_bytes()); }
  /// Whether every change of it is in deltas up to `flushed`.
  bool settled(Epoch flushed) const { return !has(kDirty) && stamp() <= flushed.value() + 1; }

  static constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 7) & ~std::size_t{7}; }
  static constexpr std::size_t row_offset(std::size_t key_bytes) {
    return aligned(key_offset(key_bytes) + key_bytes);
  }

 private:
  static constexpr int kFlagBits = 4;
  static constexpr int kStampShift = 16;
  static constexpr std::uint64_t kBelowStamp = (1 << kStampShift) - 1;
  /// Keys of as many bytes and more have their length behind the header.
  static constexpr std::size_t kLongKey = (1 << (kStampShift - kFlagBits)) - 1;

  static constexpr std::size_t key_offset(std::size_t key_bytes) {
    return sizeof(Entry) + (key_bytes < kLongKey ? 0 : sizeof(std::uint32_t));
  }

  std::uint64_t word_;  // from below: flags, length of the key, stamp
};

class Table::Pane {
 public:
  Pane(Table& table, PaneKey key);
  ~Pane();
  Pane(const Pane&) = delete;
  Pane& operator=(const Pane&) = delete;

  Entry* find(std::string_view name, std::uint64_t hash) const {
    for (std::uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const std::uint64_t slot = slots_[at];
      if (slot == kEmptySlot) return nullptr;
      if ((slot ^ hash) >> kPointerBits != 0) continue;
      Entry* const entry = entry_of(slot);
      if (entry->key() == name) return entry;
    }
  }
  void prefetch_slot(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  void prefetch_row(std::uint64_t hash) const {
    // Mostly the right one; a wrong one costs nothing else.
    const std::uint64_t slot = slots_[hash & mask_];
    const auto* const bytes = reinterpret_cast<const std::byte*>(entry_of(slot));
    __builtin_prefetch(bytes);
    __builtin_prefetch(bytes + kCacheLine);
  }
  /// An entry whose row is raw bytes. Call link() when it is ready, or give_back() at once.
  Entry* allocate(std::string_view name);
  void give_back(Entry* entry);
  void link(Entry* entry, std::uint64_t hash);

  void mark_dirty(Entry& entry) {
    if (entry.has(Entry::kDirty)) return;
    append_dirty(entry);
  }
  /// Keeps the entries that `keep` is true for, and gives the memory of the others back. Their rows
  /// must be destroyed already.
  template <typename Keep>
  void rebuild(const Keep& keep);
  /// Calls `function(Entry&)` for every entry, erased ones included, oldest first.
  template <typename Function>
  void visit(const Function& function) const;

  /// As visit, and gives memory back on the way. The pane is not used again but to be destroyed.
  template <typename Function>
  void drain(const Function& function);

  std::size_t entry_bytes(const Entry& entry) const {
    return Entry::row_offset(entry.key_bytes()) + table_.row_bytes_;
  }
  std::size_t entries() const { return linked_; }
  /// Whether the image holds entries that we do not.
  bool cold() const { return cold_; }
  void set_cold(bool cold);
  const KeyFilter& filter();

  const PaneKey key;
  std::vector<Entry*> dirty;
  bool saved = false;        // some epoch, or the image, holds an entry
  std::uint32_t change = 0;  // its place in the table's changed_, when it has dirty entries
  std::uint32_t erased = 0;

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> bytes;
    std::uint32_t capacity = 0;
    std::uint32_t used = 0;
  };

  /// One empty slot, which nobody writes to: the index of a pane without entries.
  static std::uint64_t kNoSlots[1];
  struct FreeSlots {
    void operator()(std::uint64_t* slots) const {
      if (slots != kNoSlots) delete[] slots;
    }
  };
  using Slots = std::unique_ptr<std::uint64_t[], FreeSlots>;

  static constexpr std::uint64_t kEmptySlot = 0;
  static constexpr std::size_t kCacheLine = 64;
  static constexpr int kPointerBits = 48;
  static constexpr std::size_t kFirstSlots = 4;
  static constexpr std::size_t kFirstChunkBytes = 64;
  static constexpr std::size_t kChunkBytesMax = 256 * 1024;

  static Entry* entry_of(std::uint64_t slot) {
    return reinterpret_cast<Entry*>(slot & ((std::uint64_t{1} << kPointerBits) - 1));
  }
  static bool fits(std::size_t entries, std::size_t slots) { return entries * 10 <= slots * 7; }

  void append_dirty(Entry& entry);
  void place(Entry* entry, std::uint64_t hash);
  void resize_index(std::size_t slots);
  void fill_filter();
  std::size_t slot_count() const { return slots_.get() == kNoSlots ? 0 : std::size_t{mask_} + 1; }
  std::byte* take_bytes(std::size_t bytes);
  void add_chunk(std::size_t bytes);
  void free_chunk(Chunk& chunk);
  std::vector<Chunk> begin_rebuild(std::size_t kept, std::size_t kept_bytes);
  void move_in(const Entry& entry);

  // Small on purpose: with its first row a pane takes 293 bytes.
  std::uint32_t linked_ = 0;
  std::uint32_t mask_ = 0;
  bool cold_ = false;
  Slots slots_{kNoSlots};
  std::unique_ptr<KeyFilter> filter_;  // null until somebody asks for it
  std::vector<Chunk> chunks_;
  Table& table_;
};

template <typename Function>
void Table::Pane::visit(const Function& function) const {
  for (const Chunk& chunk : chunks_) {
    for (std::size_t at = 0; at < chunk.used;) {
      Entry& entry = *reinterpret_cast<Entry*>(chunk.bytes.get() + at);
      at += entry_bytes(entry);
      function(entry);
    }
  }
}

template <typename Function>
void Table::Pane::drain(const Function& function) {
  for (Chunk& chunk : begin_rebuild(0, 0)) {
    for (std::size_t at = 0; at < chunk.used;) {
      Entry& entry = *reinterpret_cast<Entry*>(chunk.bytes.get() + at);
      at += entry_bytes(entry);
      function(entry);
    }
    free_chunk(chunk);
  }
}

template <typename Keep>
void Table::Pane::rebuild(const Keep& keep) {
  std::size_t kept = 0;
  std::size_t kept_bytes = 0;
  visit([&](const Entry& entry) {
    if (!keep(entry)) return;
    ++kept;
    kept_bytes += entry_bytes(entry);
  });
  std::vector<Chunk> old = begin_rebuild(kept, kept_bytes);
  // Old chunks go one by one: both copies of a large pane need not fit at once.
  for (Chunk& chunk : old) {
    for (std::size_t at = 0; at < chunk.used;) {
      const Entry& entry = *reinterpret_cast<const Entry*>(chunk.bytes.get() + at);
      at += entry_bytes(entry);
      if (keep(entry)) move_in(entry);
    }
    free_chunk(chunk);
  }
}

}  // namespace sitrep
