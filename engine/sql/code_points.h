// SPDX-License-Identifier: Apache-2.0
#pragma once
// Characters (code points) of UTF-8 texts, for the functions whose positions count them. A text
// that is not valid UTF-8 gives some answer, never a read outside it; a text that is not empty has
// at least one character. Pure functions. Thread-safe.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sitrep::sql {

inline bool continues_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Number of characters.
inline std::size_t count_points(std::string_view text) {
  if (text.empty()) return 0;
  const auto continued = std::count_if(text.begin() + 1, text.end(), continues_point);
  return text.size() - static_cast<std::size_t>(continued);
}

/// Bytes of the first character; `text` is not empty.
inline std::size_t point_bytes(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < text.size() && continues_point(text[bytes])) ++bytes;
  return bytes;
}

/// The first `points` characters, or all.
inline std::string_view first_points(std::string_view text, std::uint64_t points) {
  if (points >= text.size()) return text;
  std::size_t end = 0;
  for (; points > 0 && end < text.size(); --points) end += point_bytes(text.substr(end));
  return text.substr(0, end);
}

/// What follows the first `points` characters.
inline std::string_view after_points(std::string_view text, std::uint64_t points) {
  return text.substr(first_points(text, points).size());
}

/// What precedes the last `points` characters.
inline std::string_view before_last_points(std::string_view text, std::uint64_t points) {
  if (points >= text.size()) return {};
  std::size_t end = text.size();
  for (; points > 0 && end > 0; --points) {
    --end;
    while (end > 0 && continues_point(text[end])) --end;
  }
  return text.substr(0, end);
}

/// The last `points` characters, or all.
inline std::string_view last_points(std::string_view text, std::uint64_t points) {
  return text.substr(before_last_points(text, points).size());
}

}  // namespace sitrep::sql
