// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scalar_overloads.h"

#include <algorithm>

#include "engine/base/text.h"

namespace sitrep::sql {
namespace {

/// "no argument", "one text" or "(text, bigint)".
std::string describe(std::span<const Type> types, std::string_view one) {
  if (types.empty()) return "no argument";
  if (types.size() == 1) return concat(one, to_string(types.front()));
  std::vector<std::string> names;
  for (const Type type : types) names.emplace_back(to_string(type));
  return concat("(", join(names, ", "), ")");
}

class OverloadedFunction final : public ScalarFactory {
 public:
  OverloadedFunction(std::string name, std::vector<Overload> overloads)
      : name_(std::move(name)), overloads_(std::move(overloads)) {}
  std::string_view name() const override { return name_; }

  Result<std::unique_ptr<ScalarFunction>> make(std::span<const Type> arguments) const override {
    for (const Overload& overload : overloads_) {
      if (std::ranges::equal(overload.arguments, arguments)) return overload.make();
    }
    std::vector<std::string> takes;
    for (const Overload& overload : overloads_) {
      takes.push_back(describe(overload.arguments, "one "));
    }
    return type_mismatch(name_, join(takes, " or "), arguments);
  }

 private:
  std::string name_;
  std::vector<Overload> overloads_;
};

}  // namespace

std::unique_ptr<ScalarFactory> function(std::string name, std::vector<Overload> overloads) {
  return std::make_unique<OverloadedFunction>(std::move(name), std::move(overloads));
}

Error type_mismatch(std::string_view name, std::string_view takes, std::span<const Type> got) {
  const std::string given = got.empty() ? "but is given none" : "not " + describe(got, "");
  return invalid_config(concat(name, " takes ", takes, ", ", given));
}

}  // namespace sitrep::sql
