// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers and texts as the saved forms of operators have them (docs/formats.md): numbers little
// endian, texts behind 4 bytes of length. A take that finds too few bytes is false and takes
// nothing that counts. Thread-safe.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sitrep {

template <typename Number>
void append_raw(std::string& out, Number value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <typename Number>
bool take_raw(std::string_view& in, Number& value) {
  if (in.size() < sizeof value) return false;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return true;
}

inline void append_sized(std::string& out, std::string_view text) {
  append_raw(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

/// `text` points into `in`'s bytes.
inline bool take_sized(std::string_view& in, std::string_view& text) {
  std::uint32_t size;
  if (!take_raw(in, size) || in.size() < size) return false;
  text = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

}  // namespace sitrep
