// SPDX-License-Identifier: Apache-2.0
#include "engine/api/group_key.h"

#include <cstdint>
#include <cstring>
#include <limits>

#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr char kNullMark = 0;
constexpr char kPresentMark = 1;

template <typename Number>
void append_raw(std::string& out, Number value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <typename Number>
bool take_raw(std::string_view& in, Number& value) {
  if (in.size() < sizeof value) return false;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return true;
}

void encode_value(const Column& column, std::size_t row, std::string& out) {
  if (column.is_null(row)) {
    out += kNullMark;
    return;
  }
  out += kPresentMark;
  switch (column.type()) {
    case Type::kBoolean: out += static_cast<char>(column.booleans()[row]); break;
    case Type::kDouble: {
      // -0 and 0 are one group, as in PostgreSQL; so are all NaNs.
      double value = column.doubles()[row];
      if (value == 0) value = 0;
      if (value != value) value = std::numeric_limits<double>::quiet_NaN();
      append_raw(out, value);
      break;
    }
    case Type::kText: {
      const std::string_view text = column.texts()[row];
      append_raw(out, static_cast<std::uint32_t>(text.size()));
      out += text;
      break;
    }
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: append_raw(out, column.ints()[row]); break;
  }
}

bool decode_value(std::string_view& in, Column& column, Arena& arena) {
  if (in.empty()) return false;
  const char mark = in.front();
  in.remove_prefix(1);
  if (mark == kNullMark) {
    column.append_null();
    return true;
  }
  if (mark != kPresentMark) return false;
  switch (column.type()) {
    case Type::kBoolean: {
      std::uint8_t value;
      if (!take_raw(in, value)) return false;
      column.append_boolean(value != 0);
      return true;
    }
    case Type::kDouble: {
      double value;
      if (!take_raw(in, value)) return false;
      column.append_double(value);
      return true;
    }
    case Type::kText: {
      std::uint32_t size;
      if (!take_raw(in, size) || in.size() < size) return false;
      column.append_text(arena.store(in.substr(0, size)));
      in.remove_prefix(size);
      return true;
    }
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: {
      std::int64_t value;
      if (!take_raw(in, value)) return false;
      column.append_int(value);
      return true;
    }
  }
  return false;
}

}  // namespace

void encode_group_key(std::span<const ColumnPtr> columns, std::size_t row, std::string& out) {
  out.clear();
  for (const ColumnPtr& column : columns) encode_value(*column, row, out);
}

Result<void> decode_group_key(std::string_view key, std::span<Column* const> columns,
                              Arena& arena) {
  std::string_view in = key;
  for (Column* column : columns) {
    if (!decode_value(in, *column, arena)) {
      return corrupt(concat("a group key of ", key.size(), " bytes is damaged"));
    }
  }
  if (!in.empty()) return corrupt("a group key has bytes left over");
  return {};
}

}  // namespace sitrep
