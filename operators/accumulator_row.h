// SPDX-License-Identifier: Apache-2.0
#pragma once
// The row that a window keeps per group: the accumulators of all aggregates of a query, side by
// side, each on an 8-byte boundary. Thread-safe (const throughout).

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/api/aggregate_function.h"
#include "engine/api/table.h"

namespace sitrep {

class AccumulatorRow final : public RowCodec {
 public:
  explicit AccumulatorRow(std::vector<std::shared_ptr<const AggregateFunction>> functions);

  std::size_t row_bytes() const override { return row_bytes_; }
  void create(std::byte* row) const override;
  void destroy(std::byte* row) const override;
  void save(const std::byte* row, std::string& out) const override;
  Result<void> load(std::string_view in, std::byte* row) const override;
  bool owns_heap() const override;
  std::size_t heap_bytes(const std::byte* row) const override;

  std::size_t size() const { return functions_.size(); }
  const AggregateFunction& function(std::size_t i) const { return *functions_[i]; }
  /// Where the accumulator of aggregate i lies in a row.
  std::size_t offset(std::size_t i) const { return offsets_[i]; }
  void merge(std::byte* into, const std::byte* from) const;

 private:
  const std::vector<std::shared_ptr<const AggregateFunction>> functions_;
  std::vector<std::size_t> offsets_;
  std::size_t row_bytes_ = 0;
};

}  // namespace sitrep
