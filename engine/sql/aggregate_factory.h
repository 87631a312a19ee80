// SPDX-License-Identifier: Apache-2.0
#pragma once
// A factory from a name and a function, so that each aggregate is a few lines. Thread-safe.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/api/aggregate_function.h"
#include "engine/base/text.h"

namespace sitrep::sql {

/// What a query wrote between the parentheses.
struct AggregateCallShape {
  std::span<const Type> types;
  bool distinct = false;
  std::span<const Value> constants;
};

using AggregatePtr = std::unique_ptr<AggregateFunction>;
/// Null when the function does not take such a call.
using MakeAggregate = std::function<AggregatePtr(const AggregateCallShape&)>;

class NamedAggregate final : public AggregateFactory {
 public:
  /// `takes` completes the sentence "avg takes …".
  NamedAggregate(std::string name, std::string takes, MakeAggregate make)
      : name_(std::move(name)), takes_(std::move(takes)), make_(std::move(make)) {}

  std::string_view name() const override { return name_; }
  Result<AggregatePtr> make(std::span<const Type> types, bool distinct,
                            std::span<const Value> constants) const override {
    if (auto made = make_({types, distinct, constants})) return made;
    std::vector<std::string> found;
    for (const Type type : types) found.emplace_back(to_string(type));
    return invalid_config(concat(name_, " takes ", takes_, ", found ", name_, "(",
                                 distinct ? "DISTINCT " : "", join(found, ", "), ")"));
  }

 private:
  std::string name_;
  std::string takes_;
  MakeAggregate make_;
};

}  // namespace sitrep::sql
