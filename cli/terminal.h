// SPDX-License-Identifier: Apache-2.0
#pragma once
// The terminal that the standard output is, and texts fitted to one: widths in columns, cutting and
// padding. A character is a code point and takes one column. Functions only; thread-safe.

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

/// Columns that a text takes.
std::size_t width(std::string_view text);
std::string pad_left(std::string text, std::size_t columns);
std::string pad_right(std::string text, std::size_t columns);
/// The beginning of a text that fits into `columns`.
std::string cut(std::string_view text, std::size_t columns);

}  // namespace sitrep
