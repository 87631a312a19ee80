// SPDX-License-Identifier: Apache-2.0
#include "engine/api/packed_words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

namespace sitrep {
namespace {

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
constexpr std::size_t kGroupWords = 32;
constexpr int kLengthBits = 4;
constexpr unsigned kLengthMask = (1U << kLengthBits) - 1;

constexpr std::size_t length_bytes(std::size_t words) { return (words + 1) / 2; }
constexpr int length_shift(std::size_t word) { return word % 2 == 0 ? 0 : kLengthBits; }

void append_group(std::span<const std::uint64_t> words, std::string& out) {
  std::array<char, length_bytes(kGroupWords) + kGroupWords * kWordBytes> bytes;
  std::array<unsigned, length_bytes(kGroupWords)> lengths{};
  char* to = bytes.data() + length_bytes(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto length = (static_cast<unsigned>(std::bit_width(words[i])) + 7) / 8;
    lengths[i / 2] |= length << length_shift(i);
    // All of it; the next word goes over what is too much.
    std::memcpy(to, &words[i], kWordBytes);
    to += length;
  }
  for (std::size_t i = 0; i < length_bytes(words.size()); ++i) {
    bytes[i] = static_cast<char>(lengths[i]);
  }
  out.append(bytes.data(), static_cast<std::size_t>(to - bytes.data()));
}

bool take_group(std::string_view& in, std::span<std::uint64_t> words) {
  const std::size_t header = length_bytes(words.size());
  if (in.size() < header) return false;
  const std::string_view lengths = in.substr(0, header);
  in.remove_prefix(header);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t length =
        static_cast<unsigned char>(lengths[i / 2]) >> length_shift(i) & kLengthMask;
    if (length > kWordBytes || in.size() < length) return false;
    words[i] = 0;
    std::memcpy(&words[i], in.data(), length);
    in.remove_prefix(length);
  }
  return true;
}

}  // namespace

void append_packed(std::span<const std::uint64_t> words, std::string& out) {
  while (!words.empty()) {
    const std::size_t count = std::min(kGroupWords, words.size());
    append_group(words.first(count), out);
    words = words.subspan(count);
  }
}

bool take_packed(std::string_view& in, std::span<std::uint64_t> words) {
  while (!words.empty()) {
    const std::size_t count = std::min(kGroupWords, words.size());
    if (!take_group(in, words.first(count))) return false;
    words = words.subspan(count);
  }
  return true;
}

void pack_tail(std::string& out, std::size_t from) {
  const std::size_t size = out.size() - from;
  std::array<std::uint64_t, kGroupWords> few;
  std::vector<std::uint64_t> many;
  const std::size_t count = (size + kWordBytes - 1) / kWordBytes;
  if (count > few.size()) many.resize(count);
  const std::span<std::uint64_t> words =
      count > few.size() ? std::span(many) : std::span(few).first(count);
  if (count > 0) {
    words.back() = 0;
    std::memcpy(words.data(), out.data() + from, size);
  }
  out.resize(from);
  const std::uint64_t size_word = size;
  append_packed({&size_word, 1}, out);
  append_packed(words, out);
}

bool unpack(std::string_view packed, std::string& out) {
  std::uint64_t size = 0;
  if (!take_packed(packed, {&size, 1})) return false;
  // A group of words has half a byte of each at least.
  if (size / kWordBytes > 2 * packed.size()) return false;
  std::vector<std::uint64_t> words((size + kWordBytes - 1) / kWordBytes);
  if (!take_packed(packed, words) || !packed.empty()) return false;
  out.assign(reinterpret_cast<const char*>(words.data()), size);
  return true;
}

}  // namespace sitrep
