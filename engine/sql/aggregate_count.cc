// SPDX-License-Identifier: Apache-2.0
// count(*), count(x): a bigint, never null. Saved: the number.
#include "engine/sql/accumulator_form.h"
#include "engine/sql/aggregate_kinds.h"
#include "engine/sql/state_aggregate.h"

namespace sitrep::sql {
namespace {

struct RowCount {
  std::int64_t rows = 0;

  void merge(const RowCount& later) { rows += later.rows; }
  bool valid() const { return is_row_count(rows); }
  void result(Column& out, Arena&) const { out.append_int(rows); }
};

/// Every row when there is no argument, else the rows where it is not null.
class Count final : public AggregateOfState<RowCount> {
 public:
  Count() : AggregateOfState(Type::kBigint) {}

  void update(const AggregateInput& input) const override {
    if (input.arguments.empty()) {
      for (std::size_t i = 0; i < input.rows.size(); ++i) {
        ++state_at<RowCount>(input.accumulator(i)).rows;
      }
      return;
    }
    const auto nulls = input.arguments[0]->nulls();
    for (std::size_t i = 0; i < input.rows.size(); ++i) {
      state_at<RowCount>(input.accumulator(i)).rows += 1 - nulls[input.rows[i]];
    }
  }
};

}  // namespace

AggregatePtr make_count() { return std::make_unique<Count>(); }

}  // namespace sitrep::sql
