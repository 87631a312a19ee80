// SPDX-License-Identifier: Apache-2.0
#include "operators/accumulator_row.h"

#include <algorithm>
#include <utility>

#include "engine/api/packed_words.h"

namespace sitrep {
namespace {

constexpr std::size_t kAlignment = 8;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

AccumulatorRow::AccumulatorRow(std::vector<std::shared_ptr<const AggregateFunction>> functions)
    : functions_(std::move(functions)) {
  std::size_t bytes = 0;
  for (const auto& function : functions_) {
    offsets_.push_back(bytes);
    bytes += aligned(function->accumulator_bytes());
  }
  row_bytes_ = bytes;
}

void AccumulatorRow::create(std::byte* row) const {
  for (std::size_t i = 0; i < functions_.size(); ++i) functions_[i]->create(row + offsets_[i]);
}

void AccumulatorRow::destroy(std::byte* row) const {
  for (std::size_t i = 0; i < functions_.size(); ++i) functions_[i]->destroy(row + offsets_[i]);
}

// Saved form: each accumulator's own form, in order, all packed.
void AccumulatorRow::save(const std::byte* row, std::string& out) const {
  const std::size_t from = out.size();
  for (std::size_t i = 0; i < functions_.size(); ++i) functions_[i]->save(row + offsets_[i], out);
  pack_tail(out, from);
}

Result<void> AccumulatorRow::load(std::string_view packed, std::byte* row) const {
  std::string bytes;
  if (!unpack(packed, bytes)) return corrupt("a saved window group is not packed as it should be");
  std::string_view in = bytes;
  for (std::size_t i = 0; i < functions_.size(); ++i) {
    TRY(functions_[i]->load(in, row + offsets_[i]));
  }
  if (!in.empty()) return corrupt("a saved window group has bytes left over");
  return {};
}

bool AccumulatorRow::owns_heap() const {
  return std::ranges::any_of(functions_,
                             [](const auto& function) { return function->owns_heap(); });
}

std::size_t AccumulatorRow::heap_bytes(const std::byte* row) const {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < functions_.size(); ++i) {
    bytes += functions_[i]->heap_bytes(row + offsets_[i]);
  }
  return bytes;
}

void AccumulatorRow::merge(std::byte* into, const std::byte* from) const {
  for (std::size_t i = 0; i < functions_.size(); ++i) {
    functions_[i]->merge(into + offsets_[i], from + offsets_[i]);
  }
}

}  // namespace sitrep
