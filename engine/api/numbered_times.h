// SPDX-License-Identifier: Apache-2.0
#pragma once
// A time per number, as state, for times that change with nearly every row: when each key was heard
// last. A table would save key and row anew for each change; here the times that changed in an
// epoch are saved together, 12 bytes each, as one chunk. A newer chunk overrules an older one. A
// chunk none of whose times holds any more is removed, and one of which less than a quarter holds
// is written anew with the next, so that what is saved stays below four times what is known.
//
// Numbers are dense: one that was given back is given out again. Held in memory whole, some 20
// bytes each. Used only by its worker.

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "engine/api/store.h"

namespace sitrep {

class NumberedTimes final : public Store {
 public:
  /// `name` is unique in the job: "<stream>/<purpose>".
  explicit NumberedTimes(std::string_view name) : id_(store_id(name)) {}

  /// A number of nobody, which has `time` now; above kMinWatermark.
  std::uint32_t add(Micros time);
  Micros at(std::uint32_t number);
  void set(std::uint32_t number, Micros time);
  /// Gives the number back.
  void remove(std::uint32_t number);

  StoreId id() const override { return id_; }
  void collect(Epoch epoch, ChangeSink& changes) override;
  Result<void> restore(const StateKey& key, std::string_view value) override;
  std::size_t memory_bytes() const override;
  std::size_t changed_bytes() const override;

 private:
  struct Chunk {
    std::uint64_t number = 0;
    std::vector<std::uint32_t> numbers;
    std::size_t holding = 0;  // of them, those whose entry is here and not in a newer chunk
    bool is_left = false;     // in left_

    std::size_t bytes() const;
  };
  struct Entry {
    /// kMinWatermark: the number is nobody's. That is saved as any other time.
    Micros time = kMinWatermark;
    /// Where it is saved; null: nowhere yet.
    Chunk* chunk = nullptr;
    bool is_changed = false;
  };

  void mark_changed(std::uint32_t number);
  void leave_chunk(Entry& entry);
  void forget_all(ChangeSink& changes);
  /// Removes a chunk of which little holds; what does is to be written anew.
  void dissolve(Chunk& chunk, ChangeSink& changes);
  void write_chunk(std::vector<std::uint32_t> numbers, ChangeSink& changes);
  /// After a restore: what holds of each chunk, and which numbers are nobody's.
  void settle();

  const StoreId id_;
  std::vector<Entry> entries_;  // by number
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> changed_;
  std::map<std::uint64_t, Chunk> chunks_;
  std::vector<Chunk*> left_;  // chunks that entries left, while changes are collected
  std::uint64_t last_chunk_ = 0;
  std::size_t chunk_bytes_ = 0;
  bool is_settled_ = true;
};

}  // namespace sitrep
