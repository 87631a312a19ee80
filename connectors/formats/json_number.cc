// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_number.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

namespace sitrep {
namespace {

/// Keeps exponents far from overflow; no text is long enough to bring such a number back in range.
constexpr std::int64_t kExponentMax = 1'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

const char* take_exponent(const char* p, std::int64_t& exponent) {
  ++p;
  const bool negative = *p == '-';
  if (*p == '-' || *p == '+') ++p;
  if (!is_digit(*p)) return nullptr;
  std::int64_t value = 0;
  for (; is_digit(*p); ++p) value = std::min(value * 10 + (*p - '0'), kExponentMax);
  exponent += negative ? -value : value;
  return p;
}

JsonNumber scan_long_number(const char* begin, const char* digits_end) {
  JsonNumber out;
  int significant = 0;
  bool behind_point = false;
  for (const char* p = begin; p != digits_end; ++p) {
    if (*p == '.') behind_point = true;
    if (!is_digit(*p)) continue;
    if (significant == kMantissaDigits) {
      if (*p != '0') out.exact = false;
      // Each digit left out before the point is a power of ten.
      if (!behind_point) ++out.exponent;
      continue;
    }
    out.mantissa = out.mantissa * 10 + static_cast<std::uint64_t>(*p - '0');
    if (out.mantissa != 0) ++significant;
    if (behind_point) --out.exponent;
  }
  return out;
}

bool to_double_slowly(const char* begin, const char* end, double& out) {
  const auto [stop, error] = std::from_chars(begin, end, out);
  if (error == std::errc()) return true;
  // The standard library tells neither overflow from underflow nor gives the value.
  JsonNumber number;
  scan_number(begin, end, number);
  const auto above = std::upper_bound(kPowersOfTen.begin(), kPowersOfTen.end(), number.mantissa);
  const std::int64_t digits_before_point = (above - kPowersOfTen.begin()) + number.exponent;
  if (number.mantissa != 0 && digits_before_point > 0) return false;
  out = number.negative ? -0.0 : 0.0;
  return true;
}

std::optional<Micros> to_micros_slowly(const JsonNumber& number, int unit_exponent) {
  if (number.mantissa == 0) return 0;
  const std::int64_t exponent = number.exponent + unit_exponent;
  if (exponent > kMantissaDigits) return std::nullopt;
  std::uint64_t whole = 0;
  bool cut = !number.exact;
  if (exponent >= 0) {
    const std::uint64_t power = kPowersOfTen[static_cast<std::size_t>(exponent)];
    if (__builtin_mul_overflow(number.mantissa, power, &whole)) return std::nullopt;
  } else if (exponent >= -kMantissaDigits) {
    const std::uint64_t power = kPowersOfTen[static_cast<std::size_t>(-exponent)];
    whole = number.mantissa / power;
    cut = cut || number.mantissa % power != 0;
  } else {
    cut = true;
  }
  if (number.negative && cut) ++whole;
  if (whole > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  const auto micros = static_cast<Micros>(whole);
  return number.negative ? -micros : micros;
}

}  // namespace sitrep
