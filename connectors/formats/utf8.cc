// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/utf8.h"

#include <cstdint>

namespace sitrep {
namespace {

/// Bytes of the character that `lead` begins, and the bounds of its second byte (Unicode, table
/// 3-7); 0 bytes: no character begins so.
struct Lead {
  std::size_t bytes;
  std::uint8_t second_min;
  std::uint8_t second_max;
};

Lead classify(std::uint8_t lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xC2) return {0, 0, 0};
  if (lead < 0xE0) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Step utf8_step(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const Lead lead = classify(byte(0));
  if (lead.bytes == 0) return {.bytes = 1, .valid = false};
  for (std::size_t i = 1; i < lead.bytes; ++i) {
    const std::uint8_t min = i == 1 ? lead.second_min : 0x80;
    const std::uint8_t max = i == 1 ? lead.second_max : 0xBF;
    const bool continues = i < text.size() && byte(i) >= min && byte(i) <= max;
    if (!continues) return {.bytes = i, .valid = false};
  }
  return {.bytes = lead.bytes, .valid = true};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    if (!step.valid) return false;
    text.remove_prefix(step.bytes);
  }
  return true;
}

}  // namespace sitrep
