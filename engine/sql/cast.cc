// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/cast.h"

#include <cmath>
#include <cstdint>
#include <string_view>

#include "engine/sql/cast_text.h"
#include "engine/sql/kernel.h"

namespace sitrep::sql {
namespace {

using Int = std::int64_t;
using Text = std::string_view;

struct IntToDouble {
  static constexpr bool kTotal = true;
  bool operator()(Int in, double& out, Arena&) const {
    out = static_cast<double>(in);
    return true;
  }
};
struct DoubleToInt {
  static constexpr bool kTotal = false;
  bool operator()(double in, Int& out, Arena&) const {
    const double rounded = std::nearbyint(in);
    if (!(rounded >= -0x1p63 && rounded < 0x1p63)) return false;
    out = static_cast<Int>(rounded);
    return true;
  }
};
struct IntToBoolean {
  static constexpr bool kTotal = true;
  bool operator()(Int in, std::uint8_t& out, Arena&) const {
    out = in != 0 ? 1 : 0;
    return true;
  }
};
struct BooleanToInt {
  static constexpr bool kTotal = true;
  bool operator()(std::uint8_t in, Int& out, Arena&) const {
    out = in;
    return true;
  }
};

/// A cell of type `From` as text; the functor is one of the write_… functions.
template <typename Cell, void (*write)(Cell, std::string&)>
struct ToText {
  static constexpr bool kTotal = false;
  bool operator()(Cell in, Text& out, Arena& arena) const {
    thread_local std::string buffer;
    buffer.clear();
    write(in, buffer);
    out = arena.store(buffer);
    return true;
  }
};

/// A text as a cell; the functor is one of the read_… functions.
template <typename Cell, bool (*read)(Text, Cell&)>
struct FromText {
  static constexpr bool kTotal = false;
  bool operator()(Text in, Cell& out, Arena&) const { return read(in, out); }
};

template <typename In, typename Out, typename Functor>
std::shared_ptr<const ScalarFunction> kernel(Type to) {
  return std::make_shared<UnaryKernel<In, Out, Functor>>(to);
}

std::shared_ptr<const ScalarFunction> to_text(Type from) {
  constexpr Type to = Type::kText;
  switch (from) {
    case Type::kBoolean: return kernel<std::uint8_t, Text, ToText<std::uint8_t, write_boolean>>(to);
    case Type::kBigint: return kernel<Int, Text, ToText<Int, write_bigint>>(to);
    case Type::kDouble: return kernel<double, Text, ToText<double, write_double>>(to);
    case Type::kTimestamp: return kernel<Int, Text, ToText<Int, write_timestamp>>(to);
    case Type::kInterval: return kernel<Int, Text, ToText<Int, write_interval>>(to);
    case Type::kText: return nullptr;
  }
  return nullptr;
}

std::shared_ptr<const ScalarFunction> from_text(Type to) {
  switch (to) {
    case Type::kBoolean:
      return kernel<Text, std::uint8_t, FromText<std::uint8_t, read_boolean>>(to);
    case Type::kBigint: return kernel<Text, Int, FromText<Int, read_bigint>>(to);
    case Type::kDouble: return kernel<Text, double, FromText<double, read_double>>(to);
    case Type::kTimestamp: return kernel<Text, Int, FromText<Int, read_timestamp>>(to);
    case Type::kInterval: return kernel<Text, Int, FromText<Int, read_interval>>(to);
    case Type::kText: return nullptr;
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<const ScalarFunction> make_cast(Type from, Type to) {
  if (to == Type::kText) return to_text(from);
  if (from == Type::kText) return from_text(to);
  if (from == Type::kBigint && to == Type::kDouble) return kernel<Int, double, IntToDouble>(to);
  if (from == Type::kDouble && to == Type::kBigint) return kernel<double, Int, DoubleToInt>(to);
  if (from == Type::kBigint && to == Type::kBoolean) {
    return kernel<Int, std::uint8_t, IntToBoolean>(to);
  }
  if (from == Type::kBoolean && to == Type::kBigint) {
    return kernel<std::uint8_t, Int, BooleanToInt>(to);
  }
  return nullptr;
}

}  // namespace sitrep::sql
