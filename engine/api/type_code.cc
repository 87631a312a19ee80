// SPDX-License-Identifier: Apache-2.0
#include "engine/api/type_code.h"

#include "engine/base/ensure.h"

namespace sitrep {

std::uint8_t code_of(Type type) {
  switch (type) {
    case Type::kBoolean: return 1;
    case Type::kBigint: return 2;
    case Type::kDouble: return 3;
    case Type::kText: return 4;
    case Type::kTimestamp: return 5;
    case Type::kInterval: return 6;
  }
  ENSURE(false, "unknown Type");
}

std::optional<Type> type_of(std::uint8_t code) {
  for (const Type type : {Type::kBoolean, Type::kBigint, Type::kDouble, Type::kText,
                          Type::kTimestamp, Type::kInterval}) {
    if (code_of(type) == code) return type;
  }
  return std::nullopt;
}

}  // namespace sitrep
