// SPDX-License-Identifier: Apache-2.0
#pragma once
// A text of the job file that remembers where it stood, so that an error found much later (while
// the SQL is bound, while topics are opened) still names file, line and column. What YAML does to a
// scalar (indentation, folding, escapes) and what `${NAME}` put in is kept as runs.
// Thread-compatible.

#include <cstddef>
#include <string>
#include <vector>

namespace sitrep {

/// Line and column, both from 1; columns count characters, not bytes. Line 0: not in the file but
/// in the column-th `--set` of the command line.
struct SourcePlace {
  int line = 0;
  int column = 0;

  auto operator<=>(const SourcePlace&) const = default;
};

struct PlacedText {
  /// From byte `offset` on, until the next run, the text stands in the file as it is, from `place`
  /// on. Not `verbatim`: it all came from what stands at `place` (an escape, a `${NAME}`).
  struct Run {
    std::size_t offset = 0;
    SourcePlace place;
    bool verbatim = true;
  };

  std::string value;
  /// Where the scalar begins, its quote or `|` included.
  SourcePlace place;
  /// Ascending by offset; empty when the text has no place of its own (a default).
  std::vector<Run> runs;

  /// Where byte `offset` of `value` stands in the file.
  SourcePlace place_of(std::size_t offset) const;

  friend bool operator==(const PlacedText& text, std::string_view value) {
    return text.value == value;
  }
};

}  // namespace sitrep
