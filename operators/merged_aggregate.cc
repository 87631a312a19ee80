// SPDX-License-Identifier: Apache-2.0
#include "operators/merged_aggregate.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/base/ensure.h"
#include "engine/sql/expression_factory.h"

namespace sitrep {

MergedAggregate::MergedAggregate(std::shared_ptr<const AggregateFunction> whole)
    : whole_(std::move(whole)) {}

void MergedAggregate::update(const AggregateInput& input) const {
  const Column& saved = *input.arguments.front();
  std::vector<std::uint64_t> words(whole_->accumulator_bytes() / sizeof(std::uint64_t) + 1);
  std::byte* const partial = reinterpret_cast<std::byte*>(words.data());
  for (std::size_t n = 0; n < input.rows.size(); ++n) {
    const std::uint32_t row = input.rows[n];
    if (saved.is_null(row)) continue;
    std::string_view bytes = saved.texts()[row];
    whole_->create(partial);
    const Result<void> loaded = whole_->load(bytes, partial);
    ENSURE(loaded && bytes.empty(), "a partial aggregate is what its first half saved");
    whole_->merge(input.accumulator(n), partial);
    whole_->destroy(partial);
  }
}

sql::Grouping merging(const sql::Grouping& whole) {
  sql::Grouping out = whole;
  for (std::size_t i = 0; i < out.keys.size(); ++i) {
    out.keys[i] = sql::make_column(i, whole.keys[i]->type);
    out.key_columns[i] = i;
  }
  for (std::size_t i = 0; i < out.aggregates.size(); ++i) {
    sql::AggregateCall& call = out.aggregates[i];
    call.arguments = {sql::make_column(PartialAggregate::first_saved_column(whole) + i,
                                       Type::kText)};
    call.filter = nullptr;
    call.function = std::make_shared<MergedAggregate>(call.function);
  }
  return out;
}

}  // namespace sitrep
