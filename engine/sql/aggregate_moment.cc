// SPDX-License-Identifier: Apache-2.0
// variance and stddev by Welford's update (Technometrics 4, 1962) and Chan, Golub and LeVeque's
// merge (1979): no difference of large sums, and a constant gives exactly 0. Saved: count, mean,
// sum of squared deviations.
#include <cmath>

#include "engine/sql/accumulator_form.h"
#include "engine/sql/aggregate_kinds.h"
#include "engine/sql/state_aggregate.h"

namespace sitrep::sql {
namespace {

struct Deviations {
  std::int64_t count = 0;
  double mean = 0;
  double squares = 0;

  void add(double value) {
    ++count;
    const double delta = value - mean;
    mean += delta / static_cast<double>(count);
    squares += delta * (value - mean);
  }
  void add(std::int64_t value) { add(static_cast<double>(value)); }
  void merge(const Deviations& later) {
    if (later.count == 0) return;
    if (count == 0) {  // exactly: mean * n / n need not be mean
      *this = later;
      return;
    }
    const auto mine = static_cast<double>(count);
    const auto theirs = static_cast<double>(later.count);
    const double share = theirs / (mine + theirs);
    const double delta = later.mean - mean;
    count += later.count;
    mean += delta * share;
    squares += later.squares + delta * delta * mine * share;
  }
  bool valid() const {
    return is_row_count(count) && !(squares < 0) && (count > 0 || (mean == 0 && squares == 0));
  }
};

template <bool sample, bool square_root>
struct Moment : Deviations {
  void result(Column& out, Arena&) const {
    const std::int64_t divisor = sample ? count - 1 : count;
    if (divisor < 1) return out.append_null();
    const double variance = squares / static_cast<double>(divisor);
    out.append_double(square_root ? std::sqrt(variance) : variance);
  }
};

template <bool sample, bool square_root>
AggregatePtr of(Type type) {
  using State = Moment<sample, square_root>;
  if (type == Type::kDouble) {
    return std::make_unique<ValueAggregate<double, State>>(Type::kDouble);
  }
  if (type == Type::kBigint) {
    return std::make_unique<ValueAggregate<std::int64_t, State>>(Type::kDouble);
  }
  return nullptr;
}

}  // namespace

AggregatePtr make_moment(const MomentOptions& options, Type type) {
  if (options.sample) return options.square_root ? of<true, true>(type) : of<true, false>(type);
  return options.square_root ? of<false, true>(type) : of<false, false>(type);
}

}  // namespace sitrep::sql
