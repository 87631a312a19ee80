// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/letter_case.h"

#include <algorithm>

namespace sitrep::sql {
namespace {

/// Capitals from `first` to `last`, each `step`-th; the small letter lies `distance` above.
struct Capitals {
  int first;
  int last;
  int step;
  int distance;
};

// From Unicode's UnicodeData.txt (simple case mappings); no character of one or three bytes.
constexpr Capitals kCapitals[] = {
    {0x00C0, 0x00D6, 1, 32}, {0x00D8, 0x00DE, 1, 32},   // À to Þ without ×
    {0x0100, 0x012E, 2, 1},  {0x0132, 0x0136, 2, 1},    // Ā to Į, Ĳ to Ķ
    {0x0139, 0x0147, 2, 1},  {0x014A, 0x0176, 2, 1},    // Ĺ to Ň, Ŋ to Ŷ
    {0x0178, 0x0178, 1, -121}, {0x0179, 0x017D, 2, 1},  // Ÿ, Ź to Ž
    {0x0386, 0x0386, 1, 38}, {0x0388, 0x038A, 1, 37},   // Greek with accents
    {0x038C, 0x038C, 1, 64}, {0x038E, 0x038F, 1, 63},
    {0x0391, 0x03A1, 1, 32}, {0x03A3, 0x03AB, 1, 32},   // Α to Ϋ
    {0x0400, 0x040F, 1, 80}, {0x0410, 0x042F, 1, 32},   // Ѐ to Я
    {0x0460, 0x0480, 2, 1},  {0x048A, 0x04BE, 2, 1},    // historic, Kazakh, …
    {0x04C0, 0x04C0, 1, 15}, {0x04C1, 0x04CD, 2, 1},
    {0x04D0, 0x052E, 2, 1},  {0x0531, 0x0556, 1, 48},   // …, Armenian
};

int lowered(int point) {
  for (const Capitals& range : kCapitals) {
    if (point < range.first || point > range.last) continue;
    if ((point - range.first) % range.step == 0) return point + range.distance;
  }
  return point;
}

int raised(int point) {
  constexpr int kFinalSigma = 0x03C2;
  constexpr int kMicroSign = 0x00B5;
  if (point == kFinalSigma) return 0x03A3;
  if (point == kMicroSign) return 0x039C;
  for (const Capitals& range : kCapitals) {
    const int capital = point - range.distance;
    if (capital < range.first || capital > range.last) continue;
    if ((capital - range.first) % range.step == 0) return capital;
  }
  return point;
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_word(char c) {
  return is_lower(c) || is_upper(c) || (c >= '0' && c <= '9') || static_cast<signed char>(c) < 0;
}
char lowered_ascii(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
char raised_ascii(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

/// Whether a character of two bytes begins at `bytes`.
bool is_pair(std::string_view bytes) {
  return bytes.size() >= 2 && (static_cast<unsigned char>(bytes[0]) & 0xE0) == 0xC0 &&
         (static_cast<unsigned char>(bytes[1]) & 0xC0) == 0x80;
}

/// Writes the first character of `from`, in the case asked for, and gives its number of bytes. A
/// byte that begins no character of two bytes goes as it is.
std::size_t convert(std::string_view from, bool upper, char* to) {
  if (!is_pair(from)) {
    *to = upper ? raised_ascii(from[0]) : lowered_ascii(from[0]);
    return 1;
  }
  const int point = (from[0] & 0x1F) << 6 | (from[1] & 0x3F);
  const int converted = upper ? raised(point) : lowered(point);
  to[0] = static_cast<char>(0xC0 | converted >> 6);
  to[1] = static_cast<char>(0x80 | (converted & 0x3F));
  return 2;
}

std::string_view convert_all(std::string_view text, bool upper, Arena& arena) {
  char* to = arena.allocate(text.size());
  for (std::size_t at = 0; at < text.size();) at += convert(text.substr(at), upper, to + at);
  return {to, text.size()};
}

}  // namespace

std::string_view to_lower(std::string_view text, Arena& arena) {
  return convert_all(text, false, arena);
}

std::string_view to_upper(std::string_view text, Arena& arena) {
  return convert_all(text, true, arena);
}

std::string_view to_initcap(std::string_view text, Arena& arena) {
  char* to = arena.allocate(text.size());
  bool begins = true;
  for (std::size_t at = 0; at < text.size();) {
    const bool word = is_word(text[at]);
    at += convert(text.substr(at), begins, to + at);
    begins = !word;
  }
  return {to, text.size()};
}

}  // namespace sitrep::sql
