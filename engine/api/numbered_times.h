// SPDX-License-Identifier: Apache-2.0
#pragma once
// A time per number, as state, for times that change with nearly every row: when each key was heard
// last. A table would save key and row anew for each change; here the times that changed in an
// epoch are saved together, 4 to 7 bytes each (EntryChunks).
//
// Numbers are dense: one that was given back is given out again. Held in memory whole, some 20
// bytes each. Used only by its worker.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/entry_chunks.h"
#include "engine/api/store.h"

namespace sitrep {

class NumberedTimes final : public Store {
 public:
  /// `name` is unique in the job: "<stream>/<purpose>".
  explicit NumberedTimes(std::string_view name) : id_(store_id(name)), chunks_(id_) {}

  /// A number of nobody, which has `time` now; above kMinWatermark.
  std::uint32_t add(Micros time);
  Micros at(std::uint32_t number);
  /// Asks for the place of a time that is soon asked for.
  void prefetch(std::uint32_t number) const {
    if (number < times_.size()) __builtin_prefetch(&times_[number]);
  }
  void set(std::uint32_t number, Micros time);
  /// Gives the number back.
  void remove(std::uint32_t number);

  StoreId id() const override { return id_; }
  void collect(Epoch epoch, ChangeSink& changes) override;
  Result<void> restore(const StateKey& key, std::string_view value) override;
  std::size_t memory_bytes() const override;
  std::size_t changed_bytes() const override;

 private:
  void save(std::span<const std::uint32_t> numbers, std::string& out);
  /// After a restore: which numbers are nobody's.
  void settle();

  const StoreId id_;
  /// By number. kMinWatermark: the number is nobody's; that is saved as any other time.
  std::vector<Micros> times_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint64_t> words_;  // of the chunk that is saved or restored
  EntryChunks chunks_;
  bool is_settled_ = true;
};

}  // namespace sitrep
