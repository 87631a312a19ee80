// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/text_operators.h"

#include <cstddef>
#include <cstring>
#include <string_view>

#include "engine/sql/kernel.h"

namespace sitrep::sql {
namespace {

using Text = std::string_view;

struct Concatenate {
  static constexpr bool kTotal = false;
  bool operator()(Text a, Text b, Text& out, Arena& arena) const {
    char* bytes = arena.allocate(a.size() + b.size());
    if (!a.empty()) std::memcpy(bytes, a.data(), a.size());
    if (!b.empty()) std::memcpy(bytes + a.size(), b.data(), b.size());
    out = {bytes, a.size() + b.size()};
    return true;
  }
};

/// Bytes of the UTF-8 character that begins at text[at].
std::size_t character_bytes(Text text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return end - at;
}

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct Like {
  static constexpr bool kTotal = false;
  LikeOptions options;

  bool operator()(Text text, Text pattern, std::uint8_t& out, Arena&) const {
    bool valid = true;
    const bool found = matches(text, pattern, valid);
    out = found != options.negated ? 1 : 0;
    return valid;
  }

 private:
  bool same(char a, char b) const {
    return options.fold_case ? folded(a) == folded(b) : a == b;
  }

  /// Greedy with one point to come back to (the last %), so at most text × pattern steps.
  bool matches(Text text, Text pattern, bool& valid) const {
    std::size_t t = 0;
    std::size_t p = 0;
    std::size_t retry_pattern = Text::npos;
    std::size_t retry_text = 0;
    while (true) {
      bool good = false;
      if (p < pattern.size() && pattern[p] == '%' && !escapes(pattern[p])) {
        retry_pattern = ++p;
        retry_text = t;
        continue;
      }
      if (t == text.size()) {
        if (p == pattern.size()) return true;
      } else if (p < pattern.size()) {
        good = step(text, pattern, t, p, valid);
        if (!valid) return false;
      }
      if (good) continue;
      if (retry_pattern == Text::npos || retry_text >= text.size()) return false;
      p = retry_pattern;
      retry_text += character_bytes(text, retry_text);
      t = retry_text;
    }
  }

  bool escapes(char c) const { return options.escape && *options.escape == c; }

  /// Takes one character of each, if they fit.
  bool step(Text text, Text pattern, std::size_t& t, std::size_t& p, bool& valid) const {
    if (escapes(pattern[p])) {
      if (p + 1 == pattern.size()) {
        valid = false;
        return false;
      }
      if (!same(text[t], pattern[p + 1])) return false;
      p += 2;
      ++t;
      return true;
    }
    if (pattern[p] == '_') {
      ++p;
      t += character_bytes(text, t);
      return true;
    }
    if (!same(text[t], pattern[p])) return false;
    ++p;
    ++t;
    return true;
  }
};

}  // namespace

std::shared_ptr<const ScalarFunction> make_concatenation() {
  return std::make_shared<BinaryKernel<Text, Text, Text, Concatenate>>(Type::kText);
}

std::shared_ptr<const ScalarFunction> make_like(const LikeOptions& options) {
  return std::make_shared<BinaryKernel<Text, Text, std::uint8_t, Like>>(Type::kBoolean,
                                                                         Like{options});
}

}  // namespace sitrep::sql
