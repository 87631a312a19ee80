// SPDX-License-Identifier: Apache-2.0
// sum(x), avg(x). sum keeps the type and is null when it overflows; avg of bigints and doubles is a
// double, of intervals an interval. Saved: the bytes of the sum, the number of values.
#include "engine/sql/accumulator_form.h"
#include "engine/sql/aggregate_kinds.h"
#include "engine/sql/exact_sum.h"
#include "engine/sql/state_aggregate.h"

namespace sitrep::sql {
namespace {

struct SumOfInts {
  IntegerSum sum;
  std::int64_t count = 0;

  void add(std::int64_t value) {
    sum.add(value);
    ++count;
  }
  void merge(const SumOfInts& later) {
    sum.merge(later.sum);
    count += later.count;
  }
  bool valid() const { return is_row_count(count) && sum.can_be_of(count); }
  void result(Column& out, Arena&) const {
    const auto total = count == 0 ? std::nullopt : sum.total();
    if (total) {
      out.append_int(*total);
    } else {
      out.append_null();
    }
  }
};

struct MeanOfBigints : SumOfInts {
  void result(Column& out, Arena&) const {
    if (count == 0) return out.append_null();
    out.append_double(sum.as_double() / static_cast<double>(count));
  }
};

struct MeanOfIntervals : SumOfInts {
  void result(Column& out, Arena&) const {
    if (count == 0) return out.append_null();
    out.append_int(sum.rounded_mean(count));
  }
};

struct SumOfDoubles {
  DoubleSum sum;
  std::int64_t count = 0;

  void add(double value) {
    sum.add(value);
    ++count;
  }
  void merge(const SumOfDoubles& later) {
    sum.merge(later.sum);
    count += later.count;
  }
  bool valid() const { return is_row_count(count); }
  void result(Column& out, Arena&) const {
    if (count == 0) return out.append_null();
    out.append_double(sum.total());
  }
};

struct MeanOfDoubles : SumOfDoubles {
  void result(Column& out, Arena&) const {
    if (count == 0) return out.append_null();
    out.append_double(sum.total() / static_cast<double>(count));
  }
};

template <typename Cell, typename State>
AggregatePtr of(Type result) {
  return std::make_unique<ValueAggregate<Cell, State>>(result);
}

}  // namespace

AggregatePtr make_sum(Type type) {
  switch (type) {
    case Type::kBigint:
    case Type::kInterval: return of<std::int64_t, SumOfInts>(type);
    case Type::kDouble: return of<double, SumOfDoubles>(type);
    default: return nullptr;
  }
}

AggregatePtr make_average(Type type) {
  switch (type) {
    case Type::kBigint: return of<std::int64_t, MeanOfBigints>(Type::kDouble);
    case Type::kInterval: return of<std::int64_t, MeanOfIntervals>(type);
    case Type::kDouble: return of<double, MeanOfDoubles>(type);
    default: return nullptr;
  }
}

}  // namespace sitrep::sql
