// SPDX-License-Identifier: Apache-2.0
#include "engine/data/value.h"

#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {

bool fits(const Value& value, Type type) {
  if (is_null(value)) return true;
  switch (type) {
    case Type::kBoolean: return std::holds_alternative<bool>(value);
    case Type::kDouble: return std::holds_alternative<double>(value);
    case Type::kText: return std::holds_alternative<std::string>(value);
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: return std::holds_alternative<std::int64_t>(value);
  }
  return false;
}

std::string to_string(const Value& value, Type type) {
  if (is_null(value) || !fits(value, type)) return "null";
  switch (type) {
    case Type::kBoolean: return concat(std::get<bool>(value));
    case Type::kDouble: return concat(std::get<double>(value));
    case Type::kText: return concat("'", std::get<std::string>(value), "'");
    case Type::kBigint: return concat(std::get<std::int64_t>(value));
    case Type::kTimestamp: return format_timestamp(std::get<std::int64_t>(value));
    case Type::kInterval: return format_duration(std::get<std::int64_t>(value));
  }
  return "null";
}

}  // namespace sitrep
