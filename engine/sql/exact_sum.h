// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sums that do not drift: integers in 128 bits, doubles with Neumaier's compensation (A. Neumaier,
// ZAMM 54, 1974), whose error does not grow with the number of values. Thread-compatible.

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace sitrep::sql {

/// 128 bits as two words, so that it lies on an 8-byte boundary.
class IntegerSum {
 public:
  void add(std::int64_t value) { set(get() + value); }
  void merge(const IntegerSum& other) { set(get() + other.get()); }
  /// Nothing when the sum is out of range.
  std::optional<std::int64_t> total() const {
    const __int128 sum = get();
    if (sum < std::numeric_limits<std::int64_t>::min() ||
        sum > std::numeric_limits<std::int64_t>::max()) {
      return std::nullopt;
    }
    return static_cast<std::int64_t>(sum);
  }
  double as_double() const { return static_cast<double>(get()); }
  /// sum / count to the nearest integer, halves away from zero.
  std::int64_t rounded_mean(std::int64_t count) const {
    const __int128 sum = get();
    const __int128 half = count / 2;
    return static_cast<std::int64_t>((sum < 0 ? sum - half : sum + half) / count);
  }
  /// Whether `count` values can have this sum; `count` is not negative.
  bool can_be_of(std::int64_t count) const {
    const __int128 bound = static_cast<__int128>(count) << 63;
    return get() >= -bound && get() <= bound;
  }

 private:
  __int128 get() const {
    return static_cast<__int128>((static_cast<unsigned __int128>(high_) << 64) | low_);
  }
  void set(__int128 value) {
    low_ = static_cast<std::uint64_t>(value);
    high_ = static_cast<std::uint64_t>(static_cast<unsigned __int128>(value) >> 64);
  }

  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
};

class DoubleSum {
 public:
  void add(double value) {
    const double sum = sum_ + value;
    correction_ += std::fabs(sum_) >= std::fabs(value) ? (sum_ - sum) + value
                                                       : (value - sum) + sum_;
    sum_ = sum;
  }
  void merge(const DoubleSum& other) {
    add(other.sum_);
    correction_ += other.correction_;
  }
  /// Infinity and NaN come through; the correction means nothing then.
  double total() const { return std::isfinite(sum_) ? sum_ + correction_ : sum_; }

 private:
  double sum_ = 0;
  double correction_ = 0;
};

}  // namespace sitrep::sql
