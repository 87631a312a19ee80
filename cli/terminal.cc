// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace sitrep {
namespace {

/// Whether a byte of UTF-8 begins a character.
bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }

}  // namespace

ScreenSize screen_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {.columns = size.ws_col, .lines = size.ws_row};
}

std::size_t width(std::string_view text) {
  const auto count = std::count_if(text.begin(), text.end(), begins_character);
  return static_cast<std::size_t>(count);
}

std::string pad_left(std::string text, std::size_t columns) {
  const std::size_t now = width(text);
  return now >= columns ? text : std::string(columns - now, ' ') + text;
}

std::string pad_right(std::string text, std::size_t columns) {
  const std::size_t now = width(text);
  return now >= columns ? text : text + std::string(columns - now, ' ');
}

std::string cut(std::string_view text, std::size_t columns) {
  std::size_t taken = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!begins_character(text[i])) continue;
    if (taken++ == columns) return std::string(text.substr(0, i));
  }
  return std::string(text);
}

}  // namespace sitrep
