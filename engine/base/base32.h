// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names made from hashes, as people read and type them. Thread-safe.

#include <cstdint>
#include <span>
#include <string>

namespace sitrep {

/// RFC 4648, lower case, without padding: a character for every 5 bits.
std::string to_base32(std::span<const std::uint8_t> bytes);

}  // namespace sitrep
