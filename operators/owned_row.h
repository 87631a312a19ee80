// SPDX-License-Identifier: Apache-2.0
#pragma once
// A table row that is a pointer to a state on the heap: a table moves rows as bytes, and short
// texts point into the string that holds them. Thread-safe (const throughout).

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "engine/api/table.h"

namespace sitrep {

/// `State` says with `heap_bytes()` what it owns besides itself; how it is saved, a derived class.
template <typename State>
class OwnedRow : public RowCodec {
 public:
  std::size_t row_bytes() const final { return sizeof(Owned); }
  void create(std::byte* row) const override { new (row) Owned(std::make_unique<State>()); }
  void destroy(std::byte* row) const final { std::destroy_at(reinterpret_cast<Owned*>(row)); }
  std::size_t heap_bytes(const std::byte* row) const final {
    return sizeof(State) + get(row).heap_bytes();
  }

  static State& get(std::byte* row) { return **reinterpret_cast<Owned*>(row); }
  static const State& get(const std::byte* row) { return **reinterpret_cast<const Owned*>(row); }

 private:
  using Owned = std::unique_ptr<State>;
};

/// Of a `State` that needs nothing to be saved and read back: `save(out)` and `load(in)`.
template <typename State>
class SavedRow final : public OwnedRow<State> {
 public:
  void save(const std::byte* row, std::string& out) const override {
    OwnedRow<State>::get(row).save(out);
  }
  Result<void> load(std::string_view in, std::byte* row) const override {
    return OwnedRow<State>::get(row).load(in);
  }
};

}  // namespace sitrep
