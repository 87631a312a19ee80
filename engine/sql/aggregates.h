// SPDX-License-Identifier: Apache-2.0
#pragma once
// The aggregate functions that come with sitrep. Null arguments are skipped; over no rows the
// result is null, except for count. Where PostgreSQL has the function, it does the same.
//
//   count(*), count(x), count(distinct x)   exact; the set of a distinct count lies in memory
//   sum(x), avg(x), also distinct           x bigint, double or interval; see aggregate_sum.cc
//   min(x), max(x)                          any type but boolean; texts by their bytes
//   stddev[_samp|_pop], variance, var_samp, var_pop
//                                           x bigint or double; *_samp of one row is null
//   first(x), last(x)                       x of the row with the smallest, largest event time
//   arg_min(x, y), arg_max(x, y)            x of the row with the smallest, largest y
//   bool_and(x), every(x), bool_or(x)
//   approx_percentile(x, fraction)          as percentile_cont; error: see quantile_sketch.h
//
// The accumulators' saved bytes are described at the top of each aggregate_*.cc, in the primitives
// of accumulator_form.h.

namespace sitrep {

class FunctionRegistry;

namespace sql {

/// Adds them all; called once, before a query is bound.
void add_builtin_aggregates(FunctionRegistry& registry);

}  // namespace sql
}  // namespace sitrep
