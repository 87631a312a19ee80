// SPDX-License-Identifier: Apache-2.0
#include "engine/base/base32.h"

#include <string_view>

namespace sitrep {
namespace {

constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr int kBitsPerDigit = 5;

}  // namespace

std::string to_base32(std::span<const std::uint8_t> bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + kBitsPerDigit - 1) / kBitsPerDigit);
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= kBitsPerDigit; held -= kBitsPerDigit) {
      out += kDigits[bits >> (held - kBitsPerDigit) & 31];
    }
  }
  if (held > 0) out += kDigits[bits << (kBitsPerDigit - held) & 31];
  return out;
}

}  // namespace sitrep
