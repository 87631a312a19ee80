// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keys by number, as state, for what is known of many keys and changes hardly ever: each has a
// number (NumberedTimes gives them out), a clock, and words. A table would save each by itself;
// here those that came in an epoch are saved together (EntryChunks). Held in memory whole. Used
// only by its worker.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/clock_table.h"
#include "engine/api/entry_chunks.h"
#include "engine/api/store.h"
#include "engine/base/hash.h"

namespace sitrep {

class NumberedKeys final : public Store {
 public:
  struct Entry {
    std::string_view key;
    std::string_view words;
    ClockId clock = 0;

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  /// `name` is unique in the job: "<stream>/<purpose>". `clocks` outlives the store.
  NumberedKeys(std::string_view name, ClockTable& clocks)
      : id_(store_id(name)), clocks_(clocks), chunks_(id_) {}

  /// The number of the key; nothing when it is not known. `hash`: hash_bytes of the key.
  std::optional<std::uint32_t> find(std::string_view key, std::uint64_t hash);
  std::optional<std::uint32_t> find(std::string_view key) { return find(key, hash_bytes(key)); }
  /// find() waits for three places in memory, each behind the one before. These ask for them one by
  /// one, while other keys are served. The second tells which number it is likely to be.
  void prefetch_slot(std::uint64_t hash) const;
  std::optional<std::uint32_t> prefetch_place(std::uint64_t hash) const;
  void prefetch_entry(std::uint64_t hash) const;
  /// Neither the number nor the key is known.
  void add(std::uint32_t number, const Entry& entry, std::uint64_t hash);
  /// What is known under a number that is; views until it is removed.
  Entry at(std::uint32_t number);
  /// The key has another clock from now on.
  void move(std::uint32_t number, ClockId clock);
  void remove(std::uint32_t number);
  /// Those that are known, ascending.
  std::vector<std::uint32_t> numbers();

  StoreId id() const override { return id_; }
  void collect(Epoch epoch, ChangeSink& changes) override;
  Result<void> restore(const StateKey& key, std::string_view value) override;
  std::size_t memory_bytes() const override;
  std::size_t changed_bytes() const override;

 private:
  /// An entry as it is held: sizes and clock, then the bytes of the key and of the words behind
  /// them, so that a row that asks for a key finds it at one place.
  using Held = std::unique_ptr<char[]>;

  static Entry entry_of(const Held& held);
  bool knows(std::uint32_t number) const {
    return number < held_.size() && held_[number] != nullptr;
  }
  void hold(std::uint32_t number, const Entry& entry);
  void let_go(std::uint32_t number);
  void save(std::uint32_t number, std::string& out) const;
  void place(std::uint32_t number, std::uint64_t hash);
  void take_out(std::uint32_t number, std::uint64_t hash);
  void resize_index(std::size_t slots);
  std::size_t home_of(std::uint64_t slot) const;
  /// After a restore: the index.
  void settle();

  const StoreId id_;
  ClockTable& clocks_;
  std::vector<Held> held_;  // by number; null: not known
  std::size_t known_ = 0;
  std::size_t held_bytes_ = 0;
  /// Open addressing, a power of two of them: the high half of a key's hash, and its number + 1.
  /// 0: empty.
  std::vector<std::uint64_t> slots_;
  EntryChunks chunks_;
  bool is_settled_ = true;
};

}  // namespace sitrep
