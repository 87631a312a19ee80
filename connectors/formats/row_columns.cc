// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/row_columns.h"

#include <utility>

namespace sitrep {

void RowColumns::begin(std::span<const Type> types, std::size_t rows) {
  columns_.clear();
  for (const Type type : types) columns_.push_back(std::make_shared<Column>(type));
  slots_.assign(types.size(), {});
  row_ = 0;
  resize(rows + 1);
}

std::vector<std::shared_ptr<Column>> RowColumns::finish() {
  for (const auto& column : columns_) column->resize(row_);
  return std::exchange(columns_, {});
}

void RowColumns::set_null(std::size_t column) {
  const Slot& slot = slots_[column];
  // The value under a null is 0 or empty (column.h); an earlier row that was rewound left its own.
  if (slot.ints != nullptr) slot.ints[row_] = 0;
  if (slot.doubles != nullptr) slot.doubles[row_] = 0;
  if (slot.booleans != nullptr) slot.booleans[row_] = 0;
  if (slot.texts != nullptr) slot.texts[row_] = {};
  slot.nulls[row_] = 1;
}

void RowColumns::grow() { resize(capacity_ * 2); }

void RowColumns::resize(std::size_t rows) {
  capacity_ = rows;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = *columns_[i];
    column.resize(rows);
    Slot& slot = slots_[i];
    slot.nulls = column.nulls().data();
    switch (column.type()) {
      case Type::kBoolean: slot.booleans = column.booleans().data(); break;
      case Type::kDouble: slot.doubles = column.doubles().data(); break;
      case Type::kText: slot.texts = column.texts().data(); break;
      case Type::kBigint:
      case Type::kTimestamp:
      case Type::kInterval: slot.ints = column.ints().data(); break;
    }
  }
}

}  // namespace sitrep
