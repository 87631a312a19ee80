// SPDX-License-Identifier: Apache-2.0
#pragma once
// The second half of an aggregate whose groups were added up elsewhere first: its one argument is a
// text that holds what the first half saved (AggregateFunction::save), and update merges that. All
// else is the aggregate's own. With it a window over partial groups is a window like any other
// (decision 0007). Thread-safe (const throughout).

#include <memory>

#include "engine/api/aggregate_function.h"
#include "operators/partial_aggregate.h"

namespace sitrep {

class MergedAggregate final : public AggregateFunction {
 public:
  explicit MergedAggregate(std::shared_ptr<const AggregateFunction> whole);

  Type result_type() const override { return whole_->result_type(); }
  std::size_t accumulator_bytes() const override { return whole_->accumulator_bytes(); }
  void create(std::byte* accumulator) const override { whole_->create(accumulator); }
  void destroy(std::byte* accumulator) const override { whole_->destroy(accumulator); }
  /// Texts that are null count for nothing. One that the first half did not save is a bug.
  void update(const AggregateInput& input) const override;
  void merge(std::byte* into, const std::byte* from) const override { whole_->merge(into, from); }
  void result(const std::byte* accumulator, Column& out, Arena& arena) const override {
    whole_->result(accumulator, out, arena);
  }
  void save(const std::byte* accumulator, std::string& out) const override {
    whole_->save(accumulator, out);
  }
  Result<void> load(std::string_view& in, std::byte* accumulator) const override {
    return whole_->load(in, accumulator);
  }
  bool owns_heap() const override { return whole_->owns_heap(); }
  std::size_t heap_bytes(const std::byte* accumulator) const override {
    return whole_->heap_bytes(accumulator);
  }

 private:
  const std::shared_ptr<const AggregateFunction> whole_;
};

/// What the second half groups by: as `whole`, over the rows that a PartialAggregate of `whole`
/// puts out.
sql::Grouping merging(const sql::Grouping& whole);

}  // namespace sitrep
