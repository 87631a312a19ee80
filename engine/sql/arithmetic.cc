// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/arithmetic.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/sql/kernel.h"

namespace sitrep::sql {
namespace {

using Int = std::int64_t;
constexpr Int kMin = std::numeric_limits<Int>::min();

struct AddInts {
  static constexpr bool kTotal = false;
  bool operator()(Int a, Int b, Int& out, Arena&) const {
    return !__builtin_add_overflow(a, b, &out);
  }
};
struct SubtractInts {
  static constexpr bool kTotal = false;
  bool operator()(Int a, Int b, Int& out, Arena&) const {
    return !__builtin_sub_overflow(a, b, &out);
  }
};
struct MultiplyInts {
  static constexpr bool kTotal = false;
  bool operator()(Int a, Int b, Int& out, Arena&) const {
    return !__builtin_mul_overflow(a, b, &out);
  }
};
struct DivideInts {
  static constexpr bool kTotal = false;
  bool operator()(Int a, Int b, Int& out, Arena&) const {
    if (b == 0 || (a == kMin && b == -1)) return false;
    out = a / b;
    return true;
  }
};
struct RemainderInts {
  static constexpr bool kTotal = false;
  bool operator()(Int a, Int b, Int& out, Arena&) const {
    if (b == 0) return false;
    out = b == -1 ? 0 : a % b;
    return true;
  }
};
struct NegateInt {
  static constexpr bool kTotal = false;
  bool operator()(Int a, Int& out, Arena&) const {
    if (a == kMin) return false;
    out = -a;
    return true;
  }
};

/// PostgreSQL calls a result infinite from finite arguments an overflow.
bool in_range(double result, double a, double b) {
  return !std::isinf(result) || std::isinf(a) || std::isinf(b);
}

struct AddDoubles {
  static constexpr bool kTotal = false;
  bool operator()(double a, double b, double& out, Arena&) const {
    out = a + b;
    return in_range(out, a, b);
  }
};
struct SubtractDoubles {
  static constexpr bool kTotal = false;
  bool operator()(double a, double b, double& out, Arena&) const {
    out = a - b;
    return in_range(out, a, b);
  }
};
struct MultiplyDoubles {
  static constexpr bool kTotal = false;
  bool operator()(double a, double b, double& out, Arena&) const {
    out = a * b;
    return in_range(out, a, b);
  }
};
struct DivideDoubles {
  static constexpr bool kTotal = false;
  bool operator()(double a, double b, double& out, Arena&) const {
    if (b == 0 && !std::isnan(a)) return false;
    out = a / b;
    return in_range(out, a, b);
  }
};
struct NegateDouble {
  static constexpr bool kTotal = true;
  bool operator()(double a, double& out, Arena&) const {
    out = -a;
    return true;
  }
};

/// To whole microseconds, half to even; false outside of int64.
bool to_interval(double micros, Int& out) {
  const double rounded = std::nearbyint(micros);
  if (!(rounded >= -0x1p63 && rounded < 0x1p63)) return false;
  out = static_cast<Int>(rounded);
  return true;
}

struct ScaleInterval {
  static constexpr bool kTotal = false;
  bool operator()(Int a, double factor, Int& out, Arena&) const {
    return to_interval(static_cast<double>(a) * factor, out);
  }
};
struct ScaleIntervalReversed {
  static constexpr bool kTotal = false;
  bool operator()(double factor, Int a, Int& out, Arena&) const {
    return to_interval(static_cast<double>(a) * factor, out);
  }
};
struct DivideInterval {
  static constexpr bool kTotal = false;
  bool operator()(Int a, double divisor, Int& out, Arena&) const {
    return divisor != 0 && to_interval(static_cast<double>(a) / divisor, out);
  }
};

template <typename Functor>
std::shared_ptr<const ScalarFunction> of_ints(Type result) {
  return std::make_shared<BinaryKernel<Int, Int, Int, Functor>>(result);
}
template <typename Functor>
std::shared_ptr<const ScalarFunction> of_doubles() {
  return std::make_shared<BinaryKernel<double, double, double, Functor>>(Type::kDouble);
}

std::shared_ptr<const ScalarFunction> on_numbers(char symbol, Type type) {
  const bool ints = type == Type::kBigint;
  switch (symbol) {
    case '+': return ints ? of_ints<AddInts>(type) : of_doubles<AddDoubles>();
    case '-': return ints ? of_ints<SubtractInts>(type) : of_doubles<SubtractDoubles>();
    case '*': return ints ? of_ints<MultiplyInts>(type) : of_doubles<MultiplyDoubles>();
    case '/': return ints ? of_ints<DivideInts>(type) : of_doubles<DivideDoubles>();
    case '%': return ints ? of_ints<RemainderInts>(type) : nullptr;
    default: return nullptr;
  }
}

std::shared_ptr<const ScalarFunction> on_times(char symbol, Type left, Type right) {
  if (right == Type::kInterval && (left == Type::kTimestamp || left == Type::kInterval)) {
    if (symbol == '+') return of_ints<AddInts>(left);
    if (symbol == '-') return of_ints<SubtractInts>(left);
  }
  if (left == Type::kInterval && right == Type::kTimestamp && symbol == '+') {
    return of_ints<AddInts>(Type::kTimestamp);
  }
  if (left == Type::kTimestamp && right == Type::kTimestamp && symbol == '-') {
    return of_ints<SubtractInts>(Type::kInterval);
  }
  if (left == Type::kInterval && right == Type::kDouble) {
    if (symbol == '*') {
      return std::make_shared<BinaryKernel<Int, double, Int, ScaleInterval>>(left);
    }
    if (symbol == '/') {
      return std::make_shared<BinaryKernel<Int, double, Int, DivideInterval>>(left);
    }
  }
  if (left == Type::kDouble && right == Type::kInterval && symbol == '*') {
    return std::make_shared<BinaryKernel<double, Int, Int, ScaleIntervalReversed>>(right);
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<const ScalarFunction> make_arithmetic(std::string_view symbol, Type left,
                                                      Type right) {
  if (symbol.size() != 1) return nullptr;
  if (left == right && (left == Type::kBigint || left == Type::kDouble)) {
    return on_numbers(symbol[0], left);
  }
  return on_times(symbol[0], left, right);
}

std::shared_ptr<const ScalarFunction> make_negation(Type type) {
  switch (type) {
    case Type::kBigint:
    case Type::kInterval: return std::make_shared<UnaryKernel<Int, Int, NegateInt>>(type);
    case Type::kDouble: return std::make_shared<UnaryKernel<double, double, NegateDouble>>(type);
    default: return nullptr;
  }
}

}  // namespace sitrep::sql
