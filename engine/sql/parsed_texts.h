// SPDX-License-Identifier: Apache-2.0
#pragma once
// Remembers what texts mean that come row after row and are dear to parse. Texts that mean nothing
// are remembered too. Bounded: there are two generations, the older one is forgotten when the newer
// has half of what is allowed, and a text that is asked for moves to the newer.
//
//   ParsedTexts<Zone> zones;
//   if (const Zone* zone = zones.find(text)) …
//
// `Parsed` has a `static Result<Parsed> parse(std::string_view)`, and a kTextBytesMax above which
// it refuses all. Used only by its thread.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "engine/base/hash.h"

namespace sitrep::sql {

template <typename Parsed>
class ParsedTexts {
 public:
  static constexpr std::size_t kTextsMax = 1024;
  /// Of the texts; what they mean is about as large.
  static constexpr std::size_t kBytesMax = 1024 * 1024;
  static_assert(Parsed::kTextBytesMax <= kBytesMax / 2, "each text fits into a generation");

  /// Null for a text that Parsed::parse refuses. Lives until the next call.
  const Parsed* find(std::string_view text) {
    if (text.size() > Parsed::kTextBytesMax) return nullptr;
    const auto found = newer_.find(text);
    const auto& known = found != newer_.end() ? found->second : remember(text);
    return known ? &*known : nullptr;
  }

  /// How many are remembered, and their bytes: within the bounds, for tests.
  std::size_t texts() const { return newer_.size() + older_.size(); }
  std::size_t bytes() const { return newer_bytes_ + older_bytes_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return hash_bytes(text); }
  };
  using Generation =
      std::unordered_map<std::string, std::optional<Parsed>, Hash, std::equal_to<>>;

  const std::optional<Parsed>& remember(std::string_view text) {
    typename Generation::node_type node;
    if (const auto old = older_.find(text); old != older_.end()) {
      node = older_.extract(old);
      older_bytes_ -= text.size();
    }
    if (newer_.size() >= kTextsMax / 2 || newer_bytes_ + text.size() > kBytesMax / 2) {
      older_ = std::exchange(newer_, {});
      older_bytes_ = std::exchange(newer_bytes_, 0);
    }
    newer_bytes_ += text.size();
    if (!node.empty()) return newer_.insert(std::move(node)).position->second;
    auto parsed = Parsed::parse(text);
    auto& known = newer_[std::string(text)];
    if (parsed) known.emplace(*std::move(parsed));
    return known;
  }

  Generation newer_;
  Generation older_;
  std::size_t newer_bytes_ = 0;
  std::size_t older_bytes_ = 0;
};

}  // namespace sitrep::sql
