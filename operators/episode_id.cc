// SPDX-License-Identifier: Apache-2.0
#include "operators/episode_id.h"

#include "engine/api/raw_bytes.h"
#include "engine/base/hash.h"

namespace sitrep {
namespace {

constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr int kBitsPerDigit = 5;
constexpr std::size_t kDigitsPerId = 26;  // 130 bits for 128

}  // namespace

std::string episode_id(std::string_view job, std::string_view alert, std::string_view key,
                       Micros raised_at, std::uint32_t before) {
  std::string identity;
  append_sized(identity, job);
  append_sized(identity, alert);
  append_sized(identity, key);
  append_raw(identity, raised_at);
  append_raw(identity, before);
  std::string out;
  out.reserve(kDigitsPerId);
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t byte : hash_bytes_128(identity)) {
    bits = bits << 8 | byte;
    for (held += 8; held >= kBitsPerDigit; held -= kBitsPerDigit) {
      out += kDigits[bits >> (held - kBitsPerDigit) & 31];
    }
  }
  out += kDigits[bits << (kBitsPerDigit - held) & 31];
  return out;
}

}  // namespace sitrep
