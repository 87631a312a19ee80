// SPDX-License-Identifier: Apache-2.0
#pragma once
// How accumulators are saved: numbers as 8 bytes little endian, texts as 4 bytes of length and the
// bytes. A reader takes from the front of the rest and answers false when it is too short.
// Thread-safe.

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sitrep::sql {

static_assert(std::endian::native == std::endian::little, "saved numbers are little endian");

/// No accumulator has seen more rows (nine years of a million a second): a saved number of rows
/// above it is wrong, and sums of those below cannot overflow.
inline constexpr std::int64_t kRowsMax = std::int64_t{1} << 48;

inline bool is_row_count(std::int64_t rows) { return rows >= 0 && rows <= kRowsMax; }

template <typename Number>
concept Saved = std::same_as<Number, std::int64_t> || std::same_as<Number, std::uint64_t> ||
                std::same_as<Number, double>;

template <Saved Number>
void put(std::string& out, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof bytes);
}

template <Saved Number>
bool take(std::string_view& in, Number& number) {
  if (in.size() < sizeof number) return false;
  std::memcpy(&number, in.data(), sizeof number);
  in.remove_prefix(sizeof number);
  return true;
}

inline void put(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  char bytes[sizeof size];
  std::memcpy(bytes, &size, sizeof size);
  out.append(bytes, sizeof bytes);
  out += text;
}

inline bool take(std::string_view& in, std::string& text) {
  std::uint32_t size = 0;
  if (in.size() < sizeof size) return false;
  std::memcpy(&size, in.data(), sizeof size);
  in.remove_prefix(sizeof size);
  if (in.size() < size) return false;
  text.assign(in.substr(0, size));
  in.remove_prefix(size);
  return true;
}

}  // namespace sitrep::sql
