// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scalar_choice.h"

#include <algorithm>
#include <cmath>

#include "engine/api/function_registry.h"
#include "engine/sql/scalar_overloads.h"

namespace sitrep::sql {
namespace {

template <typename Cell>
bool less(const Cell& a, const Cell& b) {
  if constexpr (std::same_as<Cell, double>) {
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  }
  return a < b;
}

template <typename Cell, bool greatest>
class Choice final : public ScalarFunction {
 public:
  explicit Choice(Type type) : type_(type) {}
  Type result_type() const override { return type_; }
  bool strict() const override { return false; }

  std::size_t evaluate(const ScalarInput& input, Column& out) const override {
    input.selection.for_each([&](std::size_t row) { out.set_null(row); });
    for (const Column* argument : input.arguments) take(*argument, input.selection, out);
    return 0;
  }

 private:
  static void take(const Column& argument, const Selection& selection, Column& out) {
    const auto candidates = cells<Cell>(argument);
    const auto chosen = cells<Cell>(out);
    const auto nulls = out.nulls();
    selection.for_each([&](std::size_t row) {
      if (argument.is_null(row)) return;
      const bool better = greatest ? less(chosen[row], candidates[row])
                                   : less(candidates[row], chosen[row]);
      if (nulls[row] == 0 && !better) return;
      chosen[row] = candidates[row];
      nulls[row] = 0;
    });
  }

  Type type_;
};

template <bool greatest>
class ChoiceFactory final : public ScalarFactory {
 public:
  std::string_view name() const override { return greatest ? "greatest" : "least"; }

  Result<std::unique_ptr<ScalarFunction>> make(std::span<const Type> arguments) const override {
    const bool alike = !arguments.empty() &&
                       std::ranges::count(arguments, arguments[0]) == std::ssize(arguments);
    if (!alike) return type_mismatch(name(), "one or more values of one type", arguments);
    switch (arguments[0]) {
      case Type::kBoolean: return make_choice<std::uint8_t>(arguments[0]);
      case Type::kDouble: return make_choice<double>(arguments[0]);
      case Type::kText: return make_choice<std::string_view>(arguments[0]);
      case Type::kBigint:
      case Type::kTimestamp:
      case Type::kInterval: break;
    }
    return make_choice<std::int64_t>(arguments[0]);
  }

 private:
  template <typename Cell>
  static std::unique_ptr<ScalarFunction> make_choice(Type type) {
    return std::make_unique<Choice<Cell, greatest>>(type);
  }
};

}  // namespace

void add_choice_scalars(FunctionRegistry& registry) {
  registry.add(std::make_unique<ChoiceFactory<true>>());
  registry.add(std::make_unique<ChoiceFactory<false>>());
}

}  // namespace sitrep::sql
