// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds where each byte of a YAML scalar stands in the file. A YAML parser hands over a scalar's
// value and its first byte only; indentation, folding and escapes in between are found again by
// walking value and source side by side. Thread-safe.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace sitrep {

struct ScalarSource {
  /// offsets[i] is where byte i of the value stands in the text.
  std::vector<std::size_t> offsets;
  /// False when a quoted scalar never ends (yaml-cpp 0.7 takes the end of the file for the quote).
  bool terminated = true;
};

/// `begin`: first byte of the scalar, or of its tag or anchor. Nothing when value and source do not
/// match (which places then fall back to `begin`). White space maps to some white space nearby.
std::optional<ScalarSource> locate_scalar(std::string_view text, std::size_t begin,
                                          std::string_view value);

}  // namespace sitrep
