// SPDX-License-Identifier: Apache-2.0
// bool_and(x), bool_or(x). Saved: rows that were true, rows that were false.
#include "engine/sql/accumulator_form.h"
#include "engine/sql/aggregate_kinds.h"
#include "engine/sql/state_aggregate.h"

namespace sitrep::sql {
namespace {

template <Connective which>
struct Votes {
  std::int64_t yes = 0;
  std::int64_t no = 0;

  void add(std::uint8_t value) { value != 0 ? ++yes : ++no; }
  void merge(const Votes& later) {
    yes += later.yes;
    no += later.no;
  }
  bool valid() const { return is_row_count(yes) && is_row_count(no); }
  void result(Column& out, Arena&) const {
    if (yes + no == 0) return out.append_null();
    out.append_boolean(which == Connective::kAnd ? no == 0 : yes > 0);
  }
};

}  // namespace

AggregatePtr make_connective(Connective which) {
  if (which == Connective::kAnd) {
    return std::make_unique<ValueAggregate<std::uint8_t, Votes<Connective::kAnd>>>(Type::kBoolean);
  }
  return std::make_unique<ValueAggregate<std::uint8_t, Votes<Connective::kOr>>>(Type::kBoolean);
}

}  // namespace sitrep::sql
