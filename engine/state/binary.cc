// SPDX-License-Identifier: Apache-2.0
#include "engine/state/binary.h"

namespace sitrep {

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}

void append_zigzag(std::string& out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  append_varint(out, (bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void append_counted(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out += bytes;
}

std::uint64_t BinaryReader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint64_t byte = fixed<std::uint8_t>();
    // The tenth byte has room for one bit.
    if (shift == 63 && byte > 1) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  fail();
  return 0;
}

std::int64_t BinaryReader::zigzag() {
  const std::uint64_t bits = varint();
  return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

std::size_t BinaryReader::count() {
  const std::uint64_t value = varint();
  if (value <= left()) return value;
  fail();
  return 0;
}

std::string_view BinaryReader::bytes(std::size_t size) {
  if (size > rest_.size()) {
    fail();
    return {};
  }
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

void BinaryReader::fail() {
  ok_ = false;
  rest_ = {};
}

}  // namespace sitrep
