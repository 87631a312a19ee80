// SPDX-License-Identifier: Apache-2.0
#pragma once
// Columns that are filled row by row, cells of a row in any order, where a row (or all rows back to
// some point) may turn out to be no row: rewind() forgets them. Cells are written in place into
// columns that are grown beforehand; one that is left out of a finished row has any value, so the
// owner sets each. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/data/column.h"

namespace sitrep {

class RowColumns {
 public:
  /// Starts new columns with room for `rows`.
  void begin(std::span<const Type> types, std::size_t rows);
  /// Hands the columns over, with the finished rows.
  std::vector<std::shared_ptr<Column>> finish();

  /// Finished rows; also the number of the row being filled.
  std::size_t row() const { return row_; }
  /// Ends the row being filled, and makes room for the next.
  void next_row() {
    if (++row_ == capacity_) grow();
  }
  /// Forgets the rows from `row` on.
  void rewind(std::size_t row) { row_ = row; }

  void set_int(std::size_t column, std::int64_t value) {
    slots_[column].ints[row_] = value;
    slots_[column].nulls[row_] = 0;
  }
  void set_double(std::size_t column, double value) {
    slots_[column].doubles[row_] = value;
    slots_[column].nulls[row_] = 0;
  }
  void set_boolean(std::size_t column, bool value) {
    slots_[column].booleans[row_] = value ? 1 : 0;
    slots_[column].nulls[row_] = 0;
  }
  /// The bytes behind `value` outlive the columns.
  void set_text(std::size_t column, std::string_view value) {
    slots_[column].texts[row_] = value;
    slots_[column].nulls[row_] = 0;
  }
  void set_null(std::size_t column);

 private:
  /// Where a column's cells are; one of the four is used.
  struct Slot {
    std::int64_t* ints = nullptr;
    double* doubles = nullptr;
    std::uint8_t* booleans = nullptr;
    std::string_view* texts = nullptr;
    std::uint8_t* nulls = nullptr;
  };

  void grow();
  void resize(std::size_t rows);

  std::vector<std::shared_ptr<Column>> columns_;
  std::vector<Slot> slots_;
  std::size_t row_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace sitrep
