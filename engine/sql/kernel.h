// SPDX-License-Identifier: Apache-2.0
#pragma once
// Strict scalar functions of one or two arguments, made from a functor per row. A functor is called
// as f(left[, right], out, arena) for a T& out and returns whether the row could be computed; one
// with `static constexpr bool kTotal = true` always can, and its loop has no branch. Thread-safe.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "engine/api/scalar_function.h"

namespace sitrep::sql {

/// Cells of a column by their C++ type: int64, double, uint8 (boolean) or string_view.
template <typename Cell>
std::span<const Cell> cells(const Column& column) {
  if constexpr (std::same_as<Cell, std::int64_t>) {
    return column.ints();
  } else if constexpr (std::same_as<Cell, double>) {
    return column.doubles();
  } else if constexpr (std::same_as<Cell, std::uint8_t>) {
    return column.booleans();
  } else {
    return column.texts();
  }
}

template <typename Cell>
std::span<Cell> cells(Column& column) {
  if constexpr (std::same_as<Cell, std::int64_t>) {
    return column.ints();
  } else if constexpr (std::same_as<Cell, double>) {
    return column.doubles();
  } else if constexpr (std::same_as<Cell, std::uint8_t>) {
    return column.booleans();
  } else {
    return column.texts();
  }
}

/// Runs `compute(row)` for the selected rows that are not null; a row that it refuses becomes null.
template <typename Compute>
std::size_t compute_rows(const ScalarInput& input, Column& out, Compute&& compute) {
  const std::span<std::uint8_t> nulls = out.nulls();
  std::size_t errors = 0;
  input.selection.for_each([&](std::size_t row) {
    if (nulls[row] != 0) return;
    if (!compute(row)) {
      nulls[row] = 1;
      ++errors;
    }
  });
  return errors;
}

template <typename Functor>
concept Total = Functor::kTotal;

template <typename In, typename Out, typename Functor>
class UnaryKernel final : public ScalarFunction {
 public:
  explicit UnaryKernel(Type result, Functor functor = {})
      : result_(result), functor_(std::move(functor)) {}
  Type result_type() const override { return result_; }
  std::size_t evaluate(const ScalarInput& input, Column& out) const override {
    const auto in = cells<In>(*input.arguments[0]);
    const auto result = cells<Out>(out);
    if constexpr (Total<Functor>) {
      input.selection.for_each(
          [&](std::size_t row) { functor_(in[row], result[row], input.arena); });
      return 0;
    } else {
      return compute_rows(input, out, [&](std::size_t row) {
        return functor_(in[row], result[row], input.arena);
      });
    }
  }

 private:
  Type result_;
  Functor functor_;
};

template <typename Left, typename Right, typename Out, typename Functor>
class BinaryKernel final : public ScalarFunction {
 public:
  explicit BinaryKernel(Type result, Functor functor = {})
      : result_(result), functor_(std::move(functor)) {}
  Type result_type() const override { return result_; }
  std::size_t evaluate(const ScalarInput& input, Column& out) const override {
    const auto left = cells<Left>(*input.arguments[0]);
    const auto right = cells<Right>(*input.arguments[1]);
    const auto result = cells<Out>(out);
    if constexpr (Total<Functor>) {
      input.selection.for_each([&](std::size_t row) {
        functor_(left[row], right[row], result[row], input.arena);
      });
      return 0;
    } else {
      return compute_rows(input, out, [&](std::size_t row) {
        return functor_(left[row], right[row], result[row], input.arena);
      });
    }
  }

 private:
  Type result_;
  Functor functor_;
};

}  // namespace sitrep::sql
