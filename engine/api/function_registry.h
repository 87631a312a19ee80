// SPDX-License-Identifier: Apache-2.0
#pragma once
// The functions that SQL may call, by name: one visible table, filled by config/assemble (no
// self-registering statics). Immutable after it is filled. Thread-compatible.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/aggregate_function.h"
#include "engine/api/scalar_function.h"

namespace sitrep {

class FunctionRegistry {
 public:
  /// A later function replaces an earlier one of the same name.
  void add(std::unique_ptr<ScalarFactory> factory);
  void add(std::unique_ptr<AggregateFactory> factory);

  /// Null when there is none.
  const ScalarFactory* scalar(std::string_view name) const;
  const AggregateFactory* aggregate(std::string_view name) const;
  /// All names of both sorts, for "did you mean".
  std::vector<std::string> names() const;

 private:
  std::map<std::string, std::unique_ptr<ScalarFactory>, std::less<>> scalars_;
  std::map<std::string, std::unique_ptr<AggregateFactory>, std::less<>> aggregates_;
};

}  // namespace sitrep
