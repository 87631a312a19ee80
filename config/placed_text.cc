// SPDX-License-Identifier: Apache-2.0
#include "config/placed_text.h"

#include <algorithm>

#include "config/source_text.h"

namespace sitrep {

SourcePlace PlacedText::place_of(std::size_t offset) const {
  offset = std::min(offset, value.size());
  const auto next = std::upper_bound(
      runs.begin(), runs.end(), offset,
      [](std::size_t wanted, const Run& run) { return wanted < run.offset; });
  if (next == runs.begin()) return place;
  const Run& run = *(next - 1);
  if (!run.verbatim || run.place.line == 0) return run.place;
  const std::string_view before = std::string_view(value).substr(run.offset, offset - run.offset);
  return {.line = run.place.line, .column = run.place.column + count_characters(before)};
}

}  // namespace sitrep
