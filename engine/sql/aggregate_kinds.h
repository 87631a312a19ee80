// SPDX-License-Identifier: Apache-2.0
#pragma once
// The built-in aggregates by kind; each gives null where it does not take that type. Thread-safe.

#include "engine/sql/aggregate_factory.h"

namespace sitrep::sql {

AggregatePtr make_count();
AggregatePtr make_sum(Type type);
AggregatePtr make_average(Type type);

enum class DistinctOf { kCount, kSum, kAverage };
AggregatePtr make_distinct(DistinctOf what, Type type);

enum class Extreme { kLowest, kHighest };
AggregatePtr make_extreme(Extreme which, Type type);

struct MomentOptions {
  /// Divides by n - 1 instead of n; null for n < 2.
  bool sample = true;
  bool square_root = false;
};
AggregatePtr make_moment(const MomentOptions& options, Type type);

/// x of the row with the lowest or highest event time.
AggregatePtr make_pick_by_time(Extreme which, Type type);
/// x of the row with the lowest or highest y.
AggregatePtr make_pick_by_value(Extreme which, Type type, Type order);

enum class Connective { kAnd, kOr };
AggregatePtr make_connective(Connective which);

/// `fraction` is from 0 to 1.
AggregatePtr make_approx_percentile(double fraction, Type type);

}  // namespace sitrep::sql
