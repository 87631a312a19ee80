// SPDX-License-Identifier: Apache-2.0
#pragma once
// An integer with a meaning: an Offset is not a PartitionId. Compares, hashes and counts, and gives
// its number only when asked (`value()`).

#include <compare>
#include <cstddef>
#include <functional>

namespace sitrep {

template <typename Tag, typename Rep>
class StrongInt {
 public:
  using rep = Rep;

  constexpr StrongInt() = default;
  constexpr explicit StrongInt(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }

  constexpr auto operator<=>(const StrongInt&) const = default;
  constexpr StrongInt& operator++() {
    ++value_;
    return *this;
  }
  constexpr StrongInt operator+(Rep delta) const { return StrongInt(value_ + delta); }
  constexpr StrongInt operator-(Rep delta) const { return StrongInt(value_ - delta); }
  constexpr Rep operator-(StrongInt other) const { return value_ - other.value_; }

 private:
  Rep value_{};
};

}  // namespace sitrep

template <typename Tag, typename Rep>
struct std::hash<sitrep::StrongInt<Tag, Rep>> {
  std::size_t operator()(sitrep::StrongInt<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value());
  }
};
