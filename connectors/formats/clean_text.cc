// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/clean_text.h"

#include "connectors/formats/utf8.h"

namespace sitrep {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// The code point of a character that is well-formed UTF-8.
char32_t code_point(std::string_view character) {
  const auto lead = static_cast<std::uint8_t>(character.front());
  if (character.size() == 1) return lead;
  char32_t out = lead & (0x7FU >> character.size());
  for (const char c : character.substr(1)) out = out << 6U | (static_cast<std::uint8_t>(c) & 0x3FU);
  return out;
}

bool is_xml(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c != 0xFFFE && c != 0xFFFF;
}

bool is_cloud_event(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return false;
  return !(c >= 0xFDD0 && c <= 0xFDEF) && (c & 0xFFFEU) != 0xFFFE;
}

bool is_allowed(char32_t c, TextRule rule) {
  return rule == TextRule::kXml ? is_xml(c) : is_cloud_event(c);
}

}  // namespace

void append_clean(std::string& out, std::string_view text, TextRule rule) {
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    const std::string_view character = text.substr(0, step.bytes);
    const bool keep = step.valid && is_allowed(code_point(character), rule);
    out += keep ? character : kReplacementCharacter;
    text.remove_prefix(step.bytes);
  }
}

}  // namespace sitrep
