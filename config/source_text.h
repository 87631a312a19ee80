// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of a job file, or of one `--set`, and the places of its bytes. Refers to the text, which
// must outlive it. Thread-compatible.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "config/placed_text.h"

namespace sitrep {

class SourceText {
 public:
  /// Text of a file.
  explicit SourceText(std::string_view text);
  /// Value of the `number`-th `--set` (from 1): all places are {0, number}.
  SourceText(std::string_view text, int number);

  std::string_view text() const { return text_; }
  /// Line and column of byte `offset`; offsets beyond the end give the end.
  SourcePlace place(std::size_t offset) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  int override_number_ = 0;
};

/// Number of characters in UTF-8 `text`.
int count_characters(std::string_view text);

/// First byte that is not UTF-8, or is NUL; nothing when all is well.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

}  // namespace sitrep
