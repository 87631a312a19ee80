// SPDX-License-Identifier: Apache-2.0
#pragma once
// One SQL value outside a column: a literal, a default, a cell in a test. Never used per record.

#include <cstdint>
#include <string>
#include <variant>

#include "engine/data/type.h"

namespace sitrep {

struct Null {
  friend bool operator==(Null, Null) = default;
};

/// bigint, timestamp and interval share int64_t (microseconds for the latter two).
using Value = std::variant<Null, bool, std::int64_t, double, std::string>;

inline bool is_null(const Value& value) { return std::holds_alternative<Null>(value); }
/// Whether `value` can stand in a column of `type`; null can in any.
bool fits(const Value& value, Type type);
/// For messages and tests: null, true, 42, 1.5, 'text', or an RFC 3339 time.
std::string to_string(const Value& value, Type type);

}  // namespace sitrep
