// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "connectors/formats/utf8.h"

namespace sitrep {
namespace {

struct Block {
  char32_t first;
  char32_t last;
};

constexpr Block kWide[] = {
    {0x1100, 0x115F},    // Hangul letters
    {0x2E80, 0x303E},    // CJK radicals and punctuation
    {0x3041, 0xA4CF},    // kana, CJK, Yi
    {0xAC00, 0xD7A3},    // Hangul syllables
    {0xF900, 0xFAFF},    // CJK compatibility
    {0xFE30, 0xFE6F},    // CJK forms
    {0xFF00, 0xFF60},    // fullwidth forms
    {0xFFE0, 0xFFE6},    // fullwidth signs
    {0x1F300, 0x1F64F},  // pictographs, faces
    {0x1F680, 0x1F6FF},  // transport
    {0x1F900, 0x1F9FF},  // more pictographs
    {0x20000, 0x3FFFD},  // CJK extensions
};
constexpr Block kWithoutWidth[] = {
    {0x0300, 0x036F},  // combining marks
    {0x0483, 0x0489},  // Cyrillic
    {0x0591, 0x05BD},  // Hebrew points
    {0x064B, 0x065F},  // Arabic vowels
    {0x0670, 0x0670},  // the Arabic alef above
    {0x200B, 0x200D},  // zero-width space, joiners
    {0x20D0, 0x20FF},  // combining marks of symbols
    {0xFE00, 0xFE0F},  // variation selectors
    {0xFE20, 0xFE2F},  // combining half marks
};
/// Above ASCII: C1 controls, Unicode's bidirectional controls (UAX 9), line separators.
constexpr Block kUnsafe[] = {
    {0x0080, 0x009F}, {0x061C, 0x061C}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069},
};

bool is_in(std::span<const Block> blocks, char32_t point) {
  return std::ranges::any_of(blocks, [&](const Block& block) {
    return point >= block.first && point <= block.last;
  });
}

/// The first character of a text; bytes that are none are characters of one byte.
struct Character {
  std::string_view bytes;
  /// Nothing that is a character has this value.
  static constexpr char32_t kNone = 0xFFFFFFFF;
  char32_t point = kNone;
};

Character first_character(std::string_view text) {
  const Utf8Step step = utf8_step(text);
  if (!step.valid) return {.bytes = text.substr(0, 1)};
  Character found{.bytes = text.substr(0, step.bytes), .point = 0};
  static constexpr unsigned kLeadBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  unsigned mask = kLeadBits[step.bytes];
  for (const char c : found.bytes) {
    found.point = (found.point << 6U) | (static_cast<unsigned char>(c) & mask);
    mask = 0x3F;
  }
  return found;
}

std::size_t width(const Character& character) {
  if (character.point < kWithoutWidth[0].first || character.point == Character::kNone) return 1;
  if (is_in(kWithoutWidth, character.point)) return 0;
  return is_in(kWide, character.point) ? 2 : 1;
}

void append_hex(std::string& out, char32_t value, unsigned digits) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  while (digits-- > 0) out += kDigits[(value >> (4U * digits)) & 0xFU];
}

}  // namespace

ScreenSize screen_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {.columns = size.ws_col, .lines = size.ws_row};
}

bool wants_colour(const ColourWish& wish) {
  if (wish.mode != "auto") return wish.mode == "always";
  const bool refused = wish.no_color != nullptr && *wish.no_color != '\0';
  const bool dumb = wish.term != nullptr && std::string_view(wish.term) == "dumb";
  return wish.terminal && !refused && !dumb;
}

std::size_t width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    columns += width(character);
    text.remove_prefix(character.bytes.size());
  }
  return columns;
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
  for (std::size_t at = 0; at < text.size();) {
    const Character character = first_character(text.substr(at));
    taken += width(character);
    if (taken > columns) return std::string(text.substr(0, at));
    at += character.bytes.size();
  }
  return std::string(text);
}

std::string shorten(std::string_view text, std::size_t columns) {
  if (width(text) <= columns) return std::string(text);
  return columns == 0 ? std::string() : cut(text, columns - 1) + "…";
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.bytes.size() == 1) {
      const auto byte = static_cast<unsigned char>(character.bytes[0]);
      if (byte >= 0x20 && byte < 0x7F) {
        out += character.bytes;
      } else {
        out += "\\x";
        append_hex(out, byte, 2);
      }
    } else if (is_in(kUnsafe, character.point)) {
      out += "\\u";
      append_hex(out, character.point, 4);
    } else {
      out += character.bytes;
    }
    text.remove_prefix(character.bytes.size());
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

}  // namespace sitrep
