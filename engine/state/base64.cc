// SPDX-License-Identifier: Apache-2.0
#include "engine/state/base64.h"

#include <algorithm>
#include <cstdint>

namespace sitrep {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t bits = 0;
    const std::size_t taken = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < taken ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= taken ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
    }
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    std::uint32_t bits = 0;
    std::size_t digits = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const char c = text[at + i];
      const bool padding = c == '=' && at + 4 == text.size() && i >= 2;
      const std::size_t digit = padding ? 0 : kDigits.find(c);
      // Padding ends the text.
      if (digit == std::string_view::npos || (!padding && digits != i)) return std::nullopt;
      if (!padding) ++digits;
      bits = bits << 6 | static_cast<std::uint32_t>(digit);
    }
    for (std::size_t i = 0; i + 1 < digits; ++i) {
      out += static_cast<char>(bits >> (16 - 8 * i) & 0xff);
    }
  }
  if (encode_base64(out) != text) return std::nullopt;
  return out;
}

}  // namespace sitrep
