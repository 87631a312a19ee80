// SPDX-License-Identifier: Apache-2.0
#pragma once
// The column types and their SQL names. Timestamps and intervals are microseconds, as in
// PostgreSQL; an interval has no months (a day is 86,400 s).

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sitrep {

enum class Type : std::uint8_t { kBoolean, kBigint, kDouble, kText, kTimestamp, kInterval };

/// boolean, bigint, double, text, timestamp, interval.
std::string_view to_string(Type type);

/// The type of a name in a job file or a cast. Knows PostgreSQL's names too (bool, int, integer,
/// int8, double precision, float8, varchar, timestamptz …), but not `smallint`, `numeric` and the
/// like.
std::optional<Type> type_from_name(std::string_view name);

/// The names to offer when type_from_name knows none.
std::span<const std::string> type_names();

}  // namespace sitrep
