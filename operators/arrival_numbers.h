// SPDX-License-Identifier: Apache-2.0
#pragma once
// Numbers the rows that an operator holds, so that those of one event time leave a TimeQueue as
// they came. The next number is state. Used only by its worker.

#include <cstdint>
#include <string>

#include "engine/api/operator.h"
#include "operators/number_row.h"

namespace sitrep {

class ArrivalNumbers {
 public:
  /// Keeps the next number in the table "sequence".
  void open(OperatorContext& context) {
    sequence_ = &context.table("sequence", std::make_unique<NumberRow>(0));
  }

  /// The next number as a key that sorts as numbers do: 8 bytes big endian.
  Result<std::string> next_key() {
    std::byte* const row = sequence_->upsert(sequence_->pane({.clock = 0, .end = 0}), "");
    if (row == nullptr) return *sequence_->take_error();
    const auto number = static_cast<std::uint64_t>(NumberRow::get(row));
    NumberRow::set(row, static_cast<std::int64_t>(number + 1));
    std::string key(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) {
      key[i] = static_cast<char>(number >> (56 - 8 * i) & 0xff);
    }
    return key;
  }

 private:
  Table* sequence_ = nullptr;
};

}  // namespace sitrep
