// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one hash of bytes: XXH3, 64 bits, or 128 where what has it must never be taken for another.
// Stable over versions and machines, so it may be stored (store and stage ids derive from names by
// it).

#include <array>
#include <cstdint>
#include <string_view>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

namespace sitrep {

inline std::uint64_t hash_bytes(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

/// In canonical form: big endian.
inline std::array<std::uint8_t, 8> hash_digest_64(std::string_view bytes) {
  XXH64_canonical_t canonical;
  XXH64_canonicalFromHash(&canonical, hash_bytes(bytes));
  return std::to_array(canonical.digest);
}

inline std::array<std::uint8_t, 16> hash_bytes_128(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  return std::to_array(canonical.digest);
}

}  // namespace sitrep
