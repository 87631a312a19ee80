// SPDX-License-Identifier: Apache-2.0
#pragma once
// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. For texts
// that do not come out of a JSON parser, which has checked its own. Thread-safe.

#include <cstddef>
#include <string_view>

namespace sitrep {

/// What stands at the front of a text.
struct Utf8Step {
  /// Bytes of the character, or of what can be told to be none (at least 1).
  std::size_t bytes;
  bool valid;
};

/// `text` is not empty.
Utf8Step utf8_step(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace sitrep
