// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/key_order.h"

#include <algorithm>

namespace sitrep {

KeyOrder::Key KeyOrder::Key::of(std::string_view text) {
  Key key;
  std::array<char, kKeyBytesMax> ones{};
  std::fill_n(ones.begin(), text.size(), '\xFF');
  std::memcpy(key.masks.data(), ones.data(), ones.size());
  std::memcpy(key.words.data(), text.data(), text.size());
  key.word_count = (text.size() + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t);
  return key;
}

const KeyOrder::Key* KeyOrder::search(const char* quote, std::size_t& position) const {
  // Behind the expected key first (an optional field is missing), then from the front.
  const std::size_t start = std::min(position, keys_.size());
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const std::size_t at = start + i < keys_.size() ? start + i : start + i - keys_.size();
    if (!keys_[at].matches(quote)) continue;
    position = at + 1;
    return &keys_[at];
  }
  return nullptr;
}

void KeyOrder::learn(std::string_view quoted, PathNode* node, std::size_t& position) {
  if (quoted.size() > kKeyBytesMax) return;
  overflowed_ = keys_.size() == kKeysMax;
  if (overflowed_) return;
  position = std::min(position, keys_.size());
  Key key = Key::of(quoted);
  key.node = node;
  keys_.insert(keys_.begin() + static_cast<std::ptrdiff_t>(position), key);
  ++position;
}

}  // namespace sitrep
