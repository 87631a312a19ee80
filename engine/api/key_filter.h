// SPDX-License-Identifier: Apache-2.0
#pragma once
// Says of most absent keys that a pane does not have them, from few bytes that stay in the
// processor's cache: a bit per key among eight per slot of the pane's index, so that of absent keys
// at most 9 in 100 are looked for in vain. Kept by the pane (Table::filter). Used only by its
// worker.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sitrep {

class KeyFilter {
 public:
  /// False: nothing is known of any key with this hash, neither in memory nor in the image.
  bool may_hold(std::uint64_t hash) const {
    const std::uint64_t bit = hash & mask_;
    return (words_[bit / kWordBits] >> (bit % kWordBits) & 1) != 0;
  }

  /// Holds nothing, with room for as many keys as an index of `slots`, a power of two or 0.
  void clear(std::size_t slots) {
    const std::size_t bits = std::max(slots * kBitsPerSlot, kWordBits);
    words_.assign(bits / kWordBits, 0);
    mask_ = bits - 1;
  }
  void add(std::uint64_t hash) {
    const std::uint64_t bit = hash & mask_;
    words_[bit / kWordBits] |= std::uint64_t{1} << bit % kWordBits;
  }
  /// May hold anything, until it is cleared.
  void pass_all() {
    words_.assign(1, ~std::uint64_t{0});
    mask_ = kWordBits - 1;
  }
  std::size_t bytes() const { return words_.capacity() * sizeof(words_[0]); }

 private:
  static constexpr std::size_t kBitsPerSlot = 8;
  static constexpr std::size_t kWordBits = 64;

  std::vector<std::uint64_t> words_ = {0};
  std::uint64_t mask_ = kWordBits - 1;
};

}  // namespace sitrep
