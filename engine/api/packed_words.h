// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers as state keeps them: of 8 bytes each most are zero (counts, flags, small numbers), and
// every byte of state is copied and compressed several times on its way to the log and the disk. So
// words are written without their high zero bytes. Thread-safe.
//
//   packed := group*                      up to 32 words each
//   group  := lengths bytes*              the bytes little endian
//   lengths := u8*                        half a byte per word, the first of two is the low half:
//                                         how many low bytes of it follow, 0 to 8

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sitrep {

void append_packed(std::span<const std::uint64_t> words, std::string& out);
/// Reads as many words as append_packed was given, and drops them from the front of `in`; false
/// when the bytes are not of that form.
[[nodiscard]] bool take_packed(std::string_view& in, std::span<std::uint64_t> words);

/// Packs what `out` holds from `from` on, as words behind their number of bytes.
void pack_tail(std::string& out, std::size_t from);
/// All of `packed` as it was before pack_tail; false when it is not of that form.
[[nodiscard]] bool unpack(std::string_view packed, std::string& out);

/// Numbers near zero on either side as small words.
constexpr std::uint64_t fold_sign(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unfold_sign(std::uint64_t word) {
  return static_cast<std::int64_t>(word >> 1 ^ (~(word & 1) + 1));
}

}  // namespace sitrep
