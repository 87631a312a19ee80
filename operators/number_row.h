// SPDX-License-Identifier: Apache-2.0
#pragma once
// A table row that is one 64-bit number: how far a clock's windows were fired, how often a group
// was emitted, the next number of a sequence. Thread-safe (const throughout).

#include <cstdint>
#include <cstring>

#include "engine/api/table.h"

namespace sitrep {

class NumberRow final : public RowCodec {
 public:
  /// New rows hold `initial`.
  explicit NumberRow(std::int64_t initial) : initial_(initial) {}

  std::size_t row_bytes() const override { return sizeof(std::int64_t); }
  void create(std::byte* row) const override { set(row, initial_); }
  void save(const std::byte* row, std::string& out) const override {
    out.append(reinterpret_cast<const char*>(row), sizeof(std::int64_t));
  }
  Result<void> load(std::string_view in, std::byte* row) const override {
    if (in.size() != sizeof(std::int64_t)) return corrupt("a saved number is not 8 bytes long");
    std::memcpy(row, in.data(), sizeof(std::int64_t));
    return {};
  }

  bool owns_heap() const override { return false; }

  static std::int64_t get(const std::byte* row) {
    std::int64_t value;
    std::memcpy(&value, row, sizeof value);
    return value;
  }
  static void set(std::byte* row, std::int64_t value) { std::memcpy(row, &value, sizeof value); }

 private:
  const std::int64_t initial_;
};

}  // namespace sitrep
