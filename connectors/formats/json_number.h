// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers of JSON, kept as the decimals that they are until it is known what they shall become: a
// bigint, the nearest double, or microseconds (1769442919.123456 s is exactly 1769442919123456 us,
// which a detour over double would miss). The common cases are inline: numbers are two thirds of
// what telemetry holds. Thread-safe.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "engine/base/ids.h"

namespace sitrep {

/// ± mantissa × 10^exponent.
struct JsonNumber {
  const char* begin = nullptr;
  const char* end = nullptr;
  std::uint64_t mantissa = 0;
  std::int64_t exponent = 0;
  bool negative = false;
  /// Written without fraction and exponent.
  bool integer = true;
  /// False when digits other than 0 were left out: mantissa has room for the first 19.
  bool exact = true;
};

/// Digits that any std::uint64_t can hold.
inline constexpr int kMantissaDigits = 19;

inline constexpr std::array<std::uint64_t, kMantissaDigits + 1> kPowersOfTen = [] {
  std::array<std::uint64_t, kMantissaDigits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

/// Powers of ten that a double holds exactly.
inline constexpr std::array<double, 23> kExactPowers = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Whether `c` may stand right behind a number or literal. A zero byte may, if it is the one behind
/// the text: the caller checks.
inline bool may_follow_scalar(char c) {
  static constexpr std::array<bool, 256> kMay = [] {
    std::array<bool, 256> table{};
    for (const char mark : {'\0', ' ', '\t', '\n', '\r', ',', ':', '{', '}', '[', ']'}) {
      table[static_cast<unsigned char>(mark)] = true;
    }
    return table;
  }();
  return kMay[static_cast<unsigned char>(c)];
}

static_assert(std::endian::native == std::endian::little, "the first digit is in the lowest byte");

/// How many of the eight characters of `word` are digits, from the first on.
inline int leading_digits(std::uint64_t word) {
  // A digit is 3 in its high half, also with 6 added; a carry reaches only what a non-digit
  // precedes.
  constexpr std::uint64_t kHighHalves = 0xF0F0F0F0F0F0F0F0;
  constexpr std::uint64_t kThrees = 0x3030303030303030;
  constexpr std::uint64_t kSixes = 0x0606060606060606;
  const std::uint64_t others =
      ((word & kHighHalves) ^ kThrees) | (((word + kSixes) & kHighHalves) ^ kThrees);
  return std::countr_zero(others) / 8;
}

/// The value of eight digits (Lemire, "Quickly parsing eight digits"); zero bytes count as 0.
inline std::uint64_t value_of_digits(std::uint64_t word) {
  word = (word & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8;
  word = (word & 0x00FF00FF00FF00FF) * 6553601 >> 16;
  return (word & 0x0000FFFF0000FFFF) * 42949672960001 >> 32;
}

/// Appends digits to `mantissa`, which wraps around beyond 19 of them; returns where they end.
/// Eight at a time, because a loop over digits mispredicts its end at each number of another
/// length.
inline const char* take_digits(const char* p, std::uint64_t& mantissa) {
  for (;;) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    const int digits = leading_digits(word);
    if (digits == 0) return p;
    const std::uint64_t value = value_of_digits(word << (64 - 8 * digits));
    mantissa = mantissa * kPowersOfTen[static_cast<std::size_t>(digits)] + value;
    p += digits;
    if (digits < 8) return p;
  }
}

/// `e` or `E`, a sign and digits, added to `exponent`; null when digits are missing.
const char* take_exponent(const char* p, std::int64_t& exponent);
/// The first 19 significant digits of a number with more digits, which end at `digits_end`.
JsonNumber scan_long_number(const char* begin, const char* digits_end);

/// Reads the number that begins at `begin` in a text that ends at `text_end`, where a zero byte
/// stands. False when it breaks JSON's grammar (012, 1., .5, +1, 1x).
inline bool scan_number(const char* begin, const char* text_end, JsonNumber& out) {
  const char* p = begin;
  const bool negative = *p == '-';
  p += negative ? 1 : 0;
  const char* const whole = p;
  std::uint64_t mantissa = 0;
  p = take_digits(p, mantissa);
  if (p == whole || (*whole == '0' && p != whole + 1)) return false;
  auto digits = p - whole;
  std::int64_t exponent = 0;
  bool integer = true;
  if (*p == '.') {
    const char* const fraction = ++p;
    p = take_digits(p, mantissa);
    if (p == fraction) return false;
    integer = false;
    exponent = fraction - p;
    digits += p - fraction;
  }
  const char* const digits_end = p;
  std::int64_t written_exponent = 0;
  if ((*p | 0x20) == 'e') {
    p = take_exponent(p, written_exponent);
    if (p == nullptr) return false;
    integer = false;
  }
  if (!may_follow_scalar(*p) || (*p == '\0' && p != text_end)) return false;
  out = {.mantissa = mantissa, .exponent = exponent};
  if (digits > kMantissaDigits) out = scan_long_number(begin, digits_end);
  out.begin = begin;
  out.end = p;
  out.exponent += written_exponent;
  out.negative = negative;
  out.integer = integer;
  return true;
}

/// False when beyond int64; `number` is an integer. As to_double, not an optional.
inline bool to_int64(const JsonNumber& number, std::int64_t& out) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t magnitude = number.mantissa;
  // An integer has an exponent only when it was too long for the mantissa.
  if (number.exponent != 0 || magnitude > kMax + (number.negative ? 1 : 0)) return false;
  out = static_cast<std::int64_t>(number.negative ? 0 - magnitude : magnitude);
  return true;
}

/// As to_micros, of any number.
std::optional<Micros> to_micros_slowly(const JsonNumber& number, int unit_exponent);

/// number × 10^unit_exponent microseconds, rounded down; false when beyond int64.
inline bool to_micros(const JsonNumber& number, int unit_exponent, Micros& out) {
  // Whole milliseconds and seconds of our times.
  constexpr std::uint64_t kFastMax = std::uint64_t{1} << 42;
  constexpr int kFastExponentMax = 6;
  const bool fast = number.integer && number.exponent == 0 && number.mantissa < kFastMax &&
                    unit_exponent >= 0 && unit_exponent <= kFastExponentMax;
  if (fast) {
    const auto magnitude = static_cast<Micros>(
        number.mantissa * kPowersOfTen[static_cast<std::size_t>(unit_exponent)]);
    out = number.negative ? -magnitude : magnitude;
    return true;
  }
  const auto micros = to_micros_slowly(number, unit_exponent);
  out = micros.value_or(0);
  return micros.has_value();
}

/// The nearest double for the numbers that to_double() cannot make in one step.
bool to_double_slowly(const char* begin, const char* end, double& out);

/// The nearest double; false when that is infinite. What is nearer to 0 than any double is 0. Not
/// returned as an optional: that goes through memory in two parts, and to read it as one waits for
/// both.
inline bool to_double(const JsonNumber& number, double& out) {
  constexpr std::uint64_t kExactMantissaMax = std::uint64_t{1} << 53;
  const std::int64_t exponent = number.exponent;
  const bool fast =
      number.exact && number.mantissa <= kExactMantissaMax && exponent >= -22 && exponent <= 22;
  if (!fast) return to_double_slowly(number.begin, number.end, out);
  // Both operands are exact, so the one rounding of IEEE 754 gives the nearest double.
  const auto mantissa = static_cast<double>(static_cast<std::int64_t>(number.mantissa));
  const double value = exponent < 0 ? mantissa / kExactPowers[static_cast<std::size_t>(-exponent)]
                                    : mantissa * kExactPowers[static_cast<std::size_t>(exponent)];
  out = number.negative ? -value : value;
  return true;
}

}  // namespace sitrep
