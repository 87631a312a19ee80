// SPDX-License-Identifier: Apache-2.0
#include "engine/data/type.h"

#include <utility>
#include <vector>

#include "engine/base/ensure.h"

namespace sitrep {

std::string_view to_string(Type type) {
  switch (type) {
    case Type::kBoolean: return "boolean";
    case Type::kBigint: return "bigint";
    case Type::kDouble: return "double";
    case Type::kText: return "text";
    case Type::kTimestamp: return "timestamp";
    case Type::kInterval: return "interval";
  }
  ENSURE(false, "unknown Type");
}

std::optional<Type> type_from_name(std::string_view name) {
  static constexpr std::pair<std::string_view, Type> kNames[] = {
      {"boolean", Type::kBoolean},     {"bool", Type::kBoolean},
      {"bigint", Type::kBigint},       {"int8", Type::kBigint},
      {"integer", Type::kBigint},      {"int", Type::kBigint},
      {"int4", Type::kBigint},         {"double", Type::kDouble},
      {"float8", Type::kDouble},       {"double precision", Type::kDouble},
      {"float", Type::kDouble},        {"text", Type::kText},
      {"varchar", Type::kText},        {"string", Type::kText},
      {"timestamp", Type::kTimestamp}, {"timestamptz", Type::kTimestamp},
      {"interval", Type::kInterval},
  };
  for (const auto& [known, type] : kNames) {
    if (known == name) return type;
  }
  return std::nullopt;
}

std::span<const std::string> type_names() {
  static const std::vector<std::string> kTypeNames = {"boolean", "bigint",    "double",
                                                      "text",    "timestamp", "interval"};
  return kTypeNames;
}

}  // namespace sitrep
