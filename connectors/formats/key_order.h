// SPDX-License-Identifier: Apache-2.0
#pragma once
// Remembers in which order the keys of one object came last time. Producers write the same keys in
// the same order for ever, so the next key is nearly always the one that is expected: one
// comparison of a word or two, instead of a search. Keys are compared as they are written, escapes
// and quotes included, so an escaped key (`"\u0061"`) costs its unescaping once. Used only by its
// worker.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace sitrep {

struct PathNode;

class KeyOrder {
 public:
  /// Longer keys are searched for each time.
  static constexpr std::size_t kKeyBytesMax = 32;
  /// When an object brings more, they are searched for; the next object is learned afresh. A CAN
  /// bus has about 200 signals.
  static constexpr std::size_t kKeysMax = 256;

  struct Key {
    /// `text` has at most kKeyBytesMax bytes.
    static Key of(std::string_view text);
    /// Whether the text at `quote` (32 bytes of which are readable) begins with this key.
    bool matches(const char* quote) const {
      std::uint64_t word;
      std::memcpy(&word, quote, sizeof word);
      if (((word ^ words[0]) & masks[0]) != 0) return false;
      for (std::size_t i = 1; i < word_count; ++i) {
        std::memcpy(&word, quote + i * sizeof word, sizeof word);
        if (((word ^ words[i]) & masks[i]) != 0) return false;
      }
      return true;
    }

    std::array<std::uint64_t, kKeyBytesMax / 8> words{};
    std::array<std::uint64_t, kKeyBytesMax / 8> masks{};
    std::size_t word_count = 0;
    /// What is read there; null for keys that nobody wants.
    PathNode* node = nullptr;
  };

  /// The position from which the first key of an object is looked for.
  std::size_t start() {
    if (overflowed_) keys_.clear();
    overflowed_ = false;
    return 0;
  }
  /// The known key at `quote`, looked for from `position` on, which moves behind it; or null.
  const Key* find(const char* quote, std::size_t& position) const {
    if (position < keys_.size() && keys_[position].matches(quote)) return &keys_[position++];
    return search(quote, position);
  }
  /// Remembers the key `quoted` (quotes included) at `position`, which moves behind it.
  void learn(std::string_view quoted, PathNode* node, std::size_t& position);

 private:
  const Key* search(const char* quote, std::size_t& position) const;

  std::vector<Key> keys_;
  bool overflowed_ = false;
};

}  // namespace sitrep
