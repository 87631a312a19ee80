// SPDX-License-Identifier: Apache-2.0
// concat and concat_ws, which leave nulls out instead of becoming null.
#include <algorithm>

#include "engine/api/function_registry.h"
#include "engine/sql/scalar_overloads.h"
#include "engine/sql/scalar_text.h"

namespace sitrep::sql {
namespace {

using View = std::string_view;
using Columns = std::span<const Column* const>;

/// The texts of one row that are not null, with `separator` between them.
View joined(Columns columns, std::size_t row, View separator, Arena& arena) {
  std::size_t size = 0;
  std::size_t texts = 0;
  for (const Column* column : columns) {
    if (column->is_null(row)) continue;
    size += column->texts()[row].size() + (texts++ > 0 ? separator.size() : 0);
  }
  char* const begin = arena.allocate(size);
  char* to = begin;
  for (const Column* column : columns) {
    if (column->is_null(row)) continue;
    to = std::ranges::copy(column->texts()[row], to).out;
    if (--texts > 0) to = std::ranges::copy(separator, to).out;
  }
  return {begin, size};
}

class Concat final : public ScalarFunction {
 public:
  Type result_type() const override { return Type::kText; }
  bool strict() const override { return false; }
  std::size_t evaluate(const ScalarInput& input, Column& out) const override {
    const auto result = out.texts();
    input.selection.for_each([&](std::size_t row) {
      result[row] = joined(input.arguments, row, {}, input.arena);
    });
    return 0;
  }
};

class ConcatWithSeparator final : public ScalarFunction {
 public:
  Type result_type() const override { return Type::kText; }
  bool strict() const override { return false; }
  std::size_t evaluate(const ScalarInput& input, Column& out) const override {
    const Column& separators = *input.arguments.front();
    const auto result = out.texts();
    input.selection.for_each([&](std::size_t row) {
      if (separators.is_null(row)) return out.set_null(row);
      result[row] =
          joined(input.arguments.subspan(1), row, separators.texts()[row], input.arena);
    });
    return 0;
  }
};

template <typename Function>
class JoinerFactory final : public ScalarFactory {
 public:
  JoinerFactory(std::string_view name, std::size_t arguments_min)
      : name_(name), arguments_min_(arguments_min) {}
  std::string_view name() const override { return name_; }
  Result<std::unique_ptr<ScalarFunction>> make(std::span<const Type> arguments) const override {
    const bool texts = std::ranges::count(arguments, Type::kText) == std::ssize(arguments);
    if (texts && arguments.size() >= arguments_min_) return std::make_unique<Function>();
    return type_mismatch(name_, arguments_min_ == 1 ? "one or more texts" : "two or more texts",
                    arguments);
  }

 private:
  std::string_view name_;
  std::size_t arguments_min_;
};

}  // namespace

void add_text_joiners(FunctionRegistry& registry) {
  registry.add(std::make_unique<JoinerFactory<Concat>>("concat", 1));
  registry.add(std::make_unique<JoinerFactory<ConcatWithSeparator>>("concat_ws", 2));
}

}  // namespace sitrep::sql
