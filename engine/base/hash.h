// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one hash of bytes: XXH3, 64 bits. Stable over versions and machines, so it may be stored
// (store and stage ids derive from names by it).

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

}  // namespace sitrep
