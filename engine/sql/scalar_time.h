// SPDX-License-Identifier: Apache-2.0
#pragma once
// The functions of timestamps (UTC) and intervals, as PostgreSQL's; fields and units: time_field.h.
// Where PostgreSQL raises an error (a field that there is not, a stride of 0, a time out of range)
// the row cannot be computed.
//
//   extract(field FROM x), date_part(field, x)   double; x timestamp or interval
//   date_trunc(unit, x)                          of x's type; x timestamp or interval
//   date_bin(stride, time, origin)               the start of the bin that holds `time`
//   to_timestamp(seconds)                        seconds since 1970, with a fraction
//
// Thread-compatible.

namespace sitrep {

class FunctionRegistry;

namespace sql {

void add_time_scalars(FunctionRegistry& registry);

}  // namespace sql
}  // namespace sitrep
