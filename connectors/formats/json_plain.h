// SPDX-License-Identifier: Apache-2.0
#pragma once
// Scalars of a JSON text without a list of its tokens, for texts that are nearly always plain. 64
// bytes behind the text are readable, the first of which is zero. Thread-safe.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "connectors/formats/json_number.h"

namespace sitrep {

/// Where the string that `open` begins (its quote) ends, behind its quote; null unless all of it is
/// ASCII without escapes and control characters, or when it does not end. `inside`: without quotes.
inline const char* pass_plain_string(const char* open, std::string_view& inside) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const char* p = open + 1;
  for (;; p += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    const std::uint64_t quotes = word ^ (kOnes * '"');
    const std::uint64_t backslashes = word ^ (kOnes * '\\');
    // The lowest set bit of each is exact: what a borrow reaches lies above a true one. A byte
    // above 127 is found by itself.
    const std::uint64_t found =
        (((quotes - kOnes) & ~quotes) | ((backslashes - kOnes) & ~backslashes) |
         ((word - kOnes * ' ') & ~word) | word) &
        kHighs;
    if (found == 0) continue;
    p += std::countr_zero(found) / 8;
    if (*p != '"') return nullptr;
    inside = {open + 1, static_cast<std::size_t>(p - open - 1)};
    return p + 1;
  }
}

/// Whether a number begins like this.
inline bool begins_number(char c) { return c == '-' || (c >= '0' && c <= '9'); }

/// Behind the scalar at `p` of a text that ends at `text_end`; null when there is none, or a string
/// that is not plain. What follows is not looked at.
inline const char* pass_plain_scalar(const char* p, const char* text_end) {
  if (*p == '"') {
    std::string_view inside;
    return pass_plain_string(p, inside);
  }
  if (begins_number(*p)) {
    JsonNumber number;
    return scan_number(p, text_end, number) ? number.end : nullptr;
  }
  if (std::memcmp(p, "true", 4) == 0 || std::memcmp(p, "null", 4) == 0) return p + 4;
  return std::memcmp(p, "false", 5) == 0 ? p + 5 : nullptr;
}

}  // namespace sitrep
