// SPDX-License-Identifier: Apache-2.0
#pragma once
// The functions of numbers, as PostgreSQL's for bigint and double precision. Where PostgreSQL
// raises an error (sqrt(-1), ln(0), mod by 0, overflow, underflow to 0) the row cannot be computed.
//
//   abs, sign, mod         bigint stays bigint; mod of doubles is fmod (PostgreSQL has none)
//   div(bigint, bigint)    truncates towards 0
//   ceil, ceiling, floor, trunc, round(x)      double; round half to even
//   round(x, digits)       as round(x::numeric, digits): see round_decimal
//   sqrt, cbrt, power, pow, exp, ln, log and log10 (base 10), log(base, x), pi, degrees, radians
//   sin, cos, tan, cot, asin, acos, atan, atan2, sinh, cosh, tanh, asinh, acosh, atanh
//
// Thread-compatible.

#include <cstdint>

namespace sitrep {

class FunctionRegistry;

namespace sql {

void add_math_scalars(FunctionRegistry& registry);

/// Rounds the decimal text of `value` half away from zero, as PostgreSQL does for
/// round(value::numeric, digits): 2.675 to two digits is 2.68, although the double lies below it.
/// The text has 15 significant digits; where `digits` asks for more, the value stays as it is.
/// Negative digits round before the point: round_decimal(1250, -2) is 1300.
double round_decimal(double value, std::int64_t digits);

}  // namespace sql
}  // namespace sitrep
