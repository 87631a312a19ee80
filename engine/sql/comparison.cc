// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/comparison.h"

#include <cmath>
#include <cstdint>

#include "engine/base/ensure.h"
#include "engine/sql/kernel.h"

namespace sitrep::sql {
namespace {

template <typename Cell>
bool equal(Cell a, Cell b) {
  return a == b;
}
bool equal(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

template <typename Cell>
bool below(Cell a, Cell b) {
  return a < b;
}
bool below(double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); }

struct Equal {
  template <typename Cell>
  static bool of(Cell a, Cell b) { return equal(a, b); }
};
struct NotEqual {
  template <typename Cell>
  static bool of(Cell a, Cell b) { return !equal(a, b); }
};
struct Less {
  template <typename Cell>
  static bool of(Cell a, Cell b) { return below(a, b); }
};
struct LessOrEqual {
  template <typename Cell>
  static bool of(Cell a, Cell b) { return !below(b, a); }
};
struct Greater {
  template <typename Cell>
  static bool of(Cell a, Cell b) { return below(b, a); }
};
struct GreaterOrEqual {
  template <typename Cell>
  static bool of(Cell a, Cell b) { return !below(a, b); }
};

template <typename Relation>
struct Compare {
  static constexpr bool kTotal = true;
  template <typename Cell>
  bool operator()(Cell a, Cell b, std::uint8_t& out, Arena&) const {
    out = Relation::of(a, b) ? 1 : 0;
    return true;
  }
};

template <typename Cell>
class DistinctFrom final : public ScalarFunction {
 public:
  Type result_type() const override { return Type::kBoolean; }
  bool strict() const override { return false; }
  std::size_t evaluate(const ScalarInput& input, Column& out) const override {
    const Column& left = *input.arguments[0];
    const Column& right = *input.arguments[1];
    const auto a = cells<Cell>(left);
    const auto b = cells<Cell>(right);
    const auto result = out.booleans();
    input.selection.for_each([&](std::size_t row) {
      const bool either_null = left.is_null(row) || right.is_null(row);
      const bool distinct = either_null ? left.is_null(row) != right.is_null(row)
                                        : !equal(a[row], b[row]);
      result[row] = distinct ? 1 : 0;
    });
    return 0;
  }
};

template <typename Relation>
std::shared_ptr<const ScalarFunction> compare(Type type) {
  const auto of = [](auto cell) -> std::shared_ptr<const ScalarFunction> {
    using Cell = decltype(cell);
    return std::make_shared<BinaryKernel<Cell, Cell, std::uint8_t, Compare<Relation>>>(
        Type::kBoolean);
  };
  switch (type) {
    case Type::kBoolean: return of(std::uint8_t{});
    case Type::kDouble: return of(double{});
    case Type::kText: return of(std::string_view{});
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: return of(std::int64_t{});
  }
  ENSURE(false, "unknown Type");
}

}  // namespace

bool is_comparison(std::string_view symbol) {
  return symbol == "=" || symbol == "<>" || symbol == "<" || symbol == "<=" || symbol == ">" ||
         symbol == ">=";
}

std::shared_ptr<const ScalarFunction> make_comparison(std::string_view symbol, Type type) {
  if (symbol == "=") return compare<Equal>(type);
  if (symbol == "<>") return compare<NotEqual>(type);
  if (symbol == "<") return compare<Less>(type);
  if (symbol == "<=") return compare<LessOrEqual>(type);
  if (symbol == ">") return compare<Greater>(type);
  ENSURE(symbol == ">=", "not a comparison");
  return compare<GreaterOrEqual>(type);
}

std::shared_ptr<const ScalarFunction> make_distinct_from(Type type) {
  switch (type) {
    case Type::kBoolean: return std::make_shared<DistinctFrom<std::uint8_t>>();
    case Type::kDouble: return std::make_shared<DistinctFrom<double>>();
    case Type::kText: return std::make_shared<DistinctFrom<std::string_view>>();
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: return std::make_shared<DistinctFrom<std::int64_t>>();
  }
  ENSURE(false, "unknown Type");
}

}  // namespace sitrep::sql
