// SPDX-License-Identifier: Apache-2.0
#include "engine/api/function_registry.h"

#include <utility>

namespace sitrep {

void FunctionRegistry::add(std::unique_ptr<ScalarFactory> factory) {
  std::string name(factory->name());
  scalars_.insert_or_assign(std::move(name), std::move(factory));
}

void FunctionRegistry::add(std::unique_ptr<AggregateFactory> factory) {
  std::string name(factory->name());
  aggregates_.insert_or_assign(std::move(name), std::move(factory));
}

const ScalarFactory* FunctionRegistry::scalar(std::string_view name) const {
  const auto found = scalars_.find(name);
  return found == scalars_.end() ? nullptr : found->second.get();
}

const AggregateFactory* FunctionRegistry::aggregate(std::string_view name) const {
  const auto found = aggregates_.find(name);
  return found == aggregates_.end() ? nullptr : found->second.get();
}

std::vector<std::string> FunctionRegistry::names() const {
  std::vector<std::string> out;
  for (const auto& [name, factory] : scalars_) out.push_back(name);
  for (const auto& [name, factory] : aggregates_) out.push_back(name);
  return out;
}

}  // namespace sitrep
