// SPDX-License-Identifier: Apache-2.0
#pragma once
// Strict scalar functions written as one lambda per signature:
//
//   registry.add(function("sqrt", {overload<Double(Double)>([](double x) -> std::optional<double> {
//     if (x < 0) return std::nullopt;
//     return std::sqrt(x);
//   })}));
//
// The signature is in SQL types, the lambda takes and gives their C++ cells (and takes the Arena&
// last if it makes text); std::nullopt is a row that cannot be computed. The loop over the rows is
// a template around the lambda: one virtual call per batch. Thread-safe.

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/api/scalar_function.h"
#include "engine/base/result.h"
#include "engine/sql/kernel.h"

namespace sitrep::sql {

template <Type type, typename CellType>
struct SqlType {
  using Cell = CellType;
  static constexpr Type kType = type;
};
using Boolean = SqlType<Type::kBoolean, std::uint8_t>;
using Bigint = SqlType<Type::kBigint, std::int64_t>;
using Double = SqlType<Type::kDouble, double>;
using Text = SqlType<Type::kText, std::string_view>;
using Timestamp = SqlType<Type::kTimestamp, std::int64_t>;
using Interval = SqlType<Type::kInterval, std::int64_t>;

/// One way to call a function.
struct Overload {
  std::vector<Type> arguments;
  std::function<std::unique_ptr<ScalarFunction>()> make;
};

/// A function that is one of `overloads`, chosen by exactly equal argument types.
std::unique_ptr<ScalarFactory> function(std::string name, std::vector<Overload> overloads);

/// "name takes …, not …": what a factory says to types that it has no function for.
Error type_mismatch(std::string_view name, std::string_view takes, std::span<const Type> got);

template <typename Row, typename Out, typename... In>
class RowFunction final : public ScalarFunction {
 public:
  explicit RowFunction(Row row) : row_(std::move(row)) {}
  Type result_type() const override { return Out::kType; }

  std::size_t evaluate(const ScalarInput& input, Column& out) const override {
    return evaluate(input, out, std::index_sequence_for<In...>());
  }

 private:
  template <std::size_t... index>
  std::size_t evaluate(const ScalarInput& input, Column& out,
                       std::index_sequence<index...>) const {
    const auto in =
        std::make_tuple(cells<typename In::Cell>(*input.arguments[index])...);
    const auto result = cells<typename Out::Cell>(out);
    return compute_rows(input, out, [&](std::size_t row) {
      return store(result[row], call(input.arena, std::get<index>(in)[row]...));
    });
  }

  auto call(Arena& arena, typename In::Cell... arguments) const {
    if constexpr (std::invocable<const Row&, typename In::Cell..., Arena&>) {
      return row_(arguments..., arena);
    } else {
      return row_(arguments...);
    }
  }

  template <typename Value>
  static bool store(typename Out::Cell& cell, const Value& value) {
    cell = static_cast<typename Out::Cell>(value);
    return true;
  }
  template <typename Value>
  static bool store(typename Out::Cell& cell, const std::optional<Value>& value) {
    if (value) cell = *value;
    return value.has_value();
  }

  Row row_;
};

template <typename Signature>
struct SignatureOf;

template <typename Out, typename... In>
struct SignatureOf<Out(In...)> {
  template <typename Row>
  static Overload overload(Row row) {
    return {.arguments = {In::kType...},
            .make = [row] { return std::make_unique<RowFunction<Row, Out, In...>>(row); }};
  }
};

/// overload<Double(Text, Bigint)>(row): `row` as a function of a text and a bigint to a double.
template <typename Signature, typename Row>
Overload overload(Row row) {
  return SignatureOf<Signature>::overload(std::move(row));
}

}  // namespace sitrep::sql
