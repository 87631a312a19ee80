// SPDX-License-Identifier: Apache-2.0
#pragma once
// A column of one type: a dense vector of values and one null byte per row (1 = null; the value
// under a null is 0 or empty). Texts are views into an arena of the batch that owns the column, or
// into the plan. Kernels read whole spans; nothing here is virtual. Thread-compatible.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/ensure.h"
#include "engine/data/type.h"
#include "engine/data/value.h"

namespace sitrep {

class Column {
 public:
  /// `size` rows of 0, false or "", none of them null.
  explicit Column(Type type, std::size_t size = 0);

  Type type() const { return type_; }
  std::size_t size() const { return nulls_.size(); }

  /// Values of a bigint, timestamp or interval column.
  std::span<std::int64_t> ints() {
    DEBUG_ENSURE(is_int(), "not an integer column");
    return ints_;
  }
  std::span<const std::int64_t> ints() const {
    DEBUG_ENSURE(is_int(), "not an integer column");
    return ints_;
  }
  std::span<double> doubles() {
    DEBUG_ENSURE(type_ == Type::kDouble, "not a double column");
    return doubles_;
  }
  std::span<const double> doubles() const {
    DEBUG_ENSURE(type_ == Type::kDouble, "not a double column");
    return doubles_;
  }
  /// 0 or 1.
  std::span<std::uint8_t> booleans() {
    DEBUG_ENSURE(type_ == Type::kBoolean, "not a boolean column");
    return booleans_;
  }
  std::span<const std::uint8_t> booleans() const {
    DEBUG_ENSURE(type_ == Type::kBoolean, "not a boolean column");
    return booleans_;
  }
  std::span<std::string_view> texts() {
    DEBUG_ENSURE(type_ == Type::kText, "not a text column");
    return texts_;
  }
  std::span<const std::string_view> texts() const {
    DEBUG_ENSURE(type_ == Type::kText, "not a text column");
    return texts_;
  }
  std::span<std::uint8_t> nulls() { return nulls_; }
  std::span<const std::uint8_t> nulls() const { return nulls_; }
  bool is_null(std::size_t row) const { return nulls_[row] != 0; }

  void reserve(std::size_t rows);
  void resize(std::size_t rows);
  void append_null();
  void append_int(std::int64_t value) {
    ints_.push_back(value);
    nulls_.push_back(0);
  }
  void append_double(double value) {
    doubles_.push_back(value);
    nulls_.push_back(0);
  }
  void append_boolean(bool value) {
    booleans_.push_back(value ? 1 : 0);
    nulls_.push_back(0);
  }
  /// The bytes behind `value` must outlive the column.
  void append_text(std::string_view value) {
    texts_.push_back(value);
    nulls_.push_back(0);
  }
  void set_null(std::size_t row) { nulls_[row] = 1; }

  /// One cell, copied out; for tests, templates and single rows.
  Value value(std::size_t row) const;
  /// Appends row `row` of `from`, which has the same type; texts keep pointing where they did.
  void append_from(const Column& from, std::size_t row);

 private:
  bool is_int() const {
    return type_ == Type::kBigint || type_ == Type::kTimestamp || type_ == Type::kInterval;
  }

  Type type_;
  std::vector<std::int64_t> ints_;
  std::vector<double> doubles_;
  std::vector<std::uint8_t> booleans_;
  std::vector<std::string_view> texts_;
  std::vector<std::uint8_t> nulls_;
};

/// Shared, because a projection that passes a column on does not copy it.
using ColumnPtr = std::shared_ptr<const Column>;

}  // namespace sitrep
