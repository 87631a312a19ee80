// SPDX-License-Identifier: Apache-2.0
#pragma once
// The terminal that the standard output is, and texts fitted to one: widths in columns, cutting,
// padding, and what must not reach it. A character is a code point and takes one column; those of
// East Asia and emoji take two, combining marks none (by Unicode block, not by the whole of its
// table). Functions only; thread-safe.

#include <cstddef>
#include <string>
#include <string_view>

namespace sitrep {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t lines = 24;
};
/// Of the standard output's terminal; the default where it does not say.
ScreenSize screen_size();

/// What decides about colours, as https://no-color.org has it.
struct ColourWish {
  /// auto, always, never: what the command line says.
  std::string_view mode = "auto";
  bool terminal = false;
  /// The environment variables NO_COLOR and TERM; null where they are not set.
  const char* no_color = nullptr;
  const char* term = nullptr;
};
bool wants_colour(const ColourWish& wish);

/// Columns that a text takes.
std::size_t width(std::string_view text);
std::string pad_left(std::string text, std::size_t columns);
std::string pad_right(std::string text, std::size_t columns);
/// The beginning of a text that fits into `columns`.
std::string cut(std::string_view text, std::size_t columns);
/// The same, with … at the end of a text that does not fit.
std::string shorten(std::string_view text, std::size_t columns);

/// Appends a text of strangers so that it can neither break the line nor move the cursor, colour
/// the terminal or turn the direction of what follows: control characters and bytes that are not
/// UTF-8 become \xNN, those of C1, line separators and bidirectional controls \uNNNN.
void append_escaped(std::string& out, std::string_view text);
std::string escaped(std::string_view text);

}  // namespace sitrep
