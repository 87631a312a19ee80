// SPDX-License-Identifier: Apache-2.0
#pragma once
// Building messages: `concat("partition ", 3, " of ", topic)`, and the nearest known name for
// "did you mean" in errors. For messages and files, never for rows.

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/strong_int.h"

namespace sitrep {

inline void append_text(std::string& out, std::string_view text) { out += text; }
inline void append_text(std::string& out, char c) { out += c; }
template <std::integral Int>
void append_text(std::string& out, Int value) {
  if constexpr (std::same_as<Int, bool>) {
    out += value ? "true" : "false";
  } else {
    out += std::to_string(value);
  }
}
/// Shortest text that reads back the same double.
void append_text(std::string& out, double value);
template <typename Tag, typename Rep>
void append_text(std::string& out, StrongInt<Tag, Rep> id) {
  append_text(out, id.value());
}

template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (append_text(out, parts), ...);
  return out;
}

/// Joins with `separator`: join({"a", "b"}, ", ") is "a, b".
std::string join(std::span<const std::string> parts, std::string_view separator);

/// The known name with the smallest edit distance to `name`, if it is near enough to be meant.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> known);

}  // namespace sitrep
