// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the entries of numbered things are saved, a few bytes each: those that changed in an epoch
// together, as chunks of a store, and not each by itself. A newer chunk overrules an older one. A
// chunk none of whose entries holds any more is removed, and one of which less than a quarter holds
// is written anew with the next, so that what is saved stays below four times what is known.
//
// What an entry is, its store knows; numbers are dense. Private to the stores that are saved so.
// Used only by their worker.

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/api/store.h"

namespace sitrep {

class EntryChunks {
 public:
  /// Its own affair.
  struct Chunk {
    std::uint64_t number = 0;
    std::vector<std::uint32_t> numbers;
    std::size_t holding = 0;  // of them, those whose entry is here and not in a newer chunk
    bool is_left = false;     // in left_

    std::size_t bytes() const;
  };
  /// Appends what is saved of entries; one that is gone says so. Returns of how many: of the first
  /// ones, until `out` has kChunkBytes, where an entry can be large.
  using Save =
      std::function<std::size_t(std::span<const std::uint32_t> numbers, std::string& out)>;
  /// A chunk takes no more entries when it has so many bytes.
  static constexpr std::size_t kChunkBytes = 128 * 1024;

  explicit EntryChunks(StoreId store) : store_(store) {}

  /// The entry is to be saved with the epoch.
  void mark_changed(std::uint32_t number);
  /// Entries that are.
  std::size_t changed() const { return changed_count_; }
  /// Saves them, ascending.
  void collect(ChangeSink& changes, const Save& save);
  /// Instead, when nothing is known any more: removes all chunks.
  void forget_all(ChangeSink& changes);

  /// A chunk that the state holds, of a restore. Null: no chunk stands there.
  Chunk* begin_restore(const StateKey& key);
  /// That it has an entry of this number; false when a newer chunk overrules it.
  bool restore(Chunk& chunk, std::uint32_t number);
  /// After the last chunk.
  void settle();

  std::size_t memory_bytes() const;

 private:
  void list_changed();
  void leave_chunk(std::uint32_t number);
  void dissolve(Chunk& chunk, ChangeSink& changes);
  std::size_t write_chunk(std::span<const std::uint32_t> numbers, ChangeSink& changes,
                          const Save& save);
  static StateKey key_of(std::uint64_t chunk_number);

  const StoreId store_;
  std::vector<Chunk*> places_;          // by number; null: saved nowhere yet
  std::vector<std::uint64_t> changes_;  // a bit per number: whether the entry changed
  std::size_t changed_count_ = 0;
  std::vector<std::uint32_t> changed_;  // while changes are collected
  std::map<std::uint64_t, Chunk> chunks_;
  std::vector<Chunk*> left_;  // chunks that entries left, while changes are collected
  std::uint64_t last_chunk_ = 0;
  std::size_t chunk_bytes_ = 0;
  std::string value_;  // of the chunk that is written
};

}  // namespace sitrep
