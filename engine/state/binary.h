// SPDX-License-Identifier: Apache-2.0
#pragma once
// The integers and texts that state records are made of: fixed-width little endian, LEB128 varints,
// zigzag for signed, and texts behind their length. The reader never reads past its bytes: after
// the first impossible read it gives zeros and ok() is false, so that a caller checks once, at the
// end. Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sitrep {

template <typename Int>
void append_fixed(std::string& out, Int value) {
  for (std::size_t byte = 0; byte < sizeof(Int); ++byte) {
    out += static_cast<char>((value >> (8 * byte)) & 0xff);
  }
}
void append_varint(std::string& out, std::uint64_t value);
void append_zigzag(std::string& out, std::int64_t value);
/// Length, as a varint, and bytes. (append_sized has four bytes of length.)
void append_counted(std::string& out, std::string_view bytes);

class BinaryReader {
 public:
  explicit BinaryReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  /// Bytes not read yet; none after a failure.
  std::size_t left() const { return rest_.size(); }

  template <typename Int>
  Int fixed() {
    Int value = 0;
    const std::string_view from = bytes(sizeof(Int));
    for (std::size_t byte = 0; byte < from.size(); ++byte) {
      value |= static_cast<Int>(static_cast<Int>(static_cast<unsigned char>(from[byte]))
                                << (8 * byte));
    }
    return value;
  }
  std::uint64_t varint();
  std::int64_t zigzag();
  /// A varint that counts things of at least one byte each, all of them still to be read.
  std::size_t count();
  std::string_view bytes(std::size_t size);
  std::string_view sized() { return bytes(count()); }
  /// What cannot be was found: fails from here on.
  void fail();

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace sitrep
