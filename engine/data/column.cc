// SPDX-License-Identifier: Apache-2.0
#include "engine/data/column.h"

#include <string>

namespace sitrep {

Column::Column(Type type, std::size_t size) : type_(type) { resize(size); }

void Column::reserve(std::size_t rows) {
  switch (type_) {
    case Type::kBoolean: booleans_.reserve(rows); break;
    case Type::kDouble: doubles_.reserve(rows); break;
    case Type::kText: texts_.reserve(rows); break;
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: ints_.reserve(rows); break;
  }
  nulls_.reserve(rows);
}

void Column::resize(std::size_t rows) {
  switch (type_) {
    case Type::kBoolean: booleans_.resize(rows); break;
    case Type::kDouble: doubles_.resize(rows); break;
    case Type::kText: texts_.resize(rows); break;
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: ints_.resize(rows); break;
  }
  nulls_.resize(rows);
}

void Column::append_null() {
  resize(size() + 1);
  nulls_.back() = 1;
}

Value Column::value(std::size_t row) const {
  if (is_null(row)) return Null{};
  switch (type_) {
    case Type::kBoolean: return booleans_[row] != 0;
    case Type::kDouble: return doubles_[row];
    case Type::kText: return std::string(texts_[row]);
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: return ints_[row];
  }
  return Null{};
}

void Column::append_from(const Column& from, std::size_t row) {
  DEBUG_ENSURE(from.type_ == type_, "columns of different types");
  if (from.is_null(row)) return append_null();
  switch (type_) {
    case Type::kBoolean: append_boolean(from.booleans_[row] != 0); break;
    case Type::kDouble: append_double(from.doubles_[row]); break;
    case Type::kText: append_text(from.texts_[row]); break;
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: append_int(from.ints_[row]); break;
  }
}

}  // namespace sitrep
