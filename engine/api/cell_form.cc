// SPDX-License-Identifier: Apache-2.0
#include "engine/api/cell_form.h"

#include <bit>
#include <cstdint>

#include "engine/api/raw_bytes.h"

namespace sitrep {
namespace {

constexpr char kNullMark = 0;
constexpr char kPresentMark = 1;

}  // namespace

void append_cell(const Column& column, std::size_t row, std::string& out) {
  if (column.is_null(row)) return append_null_cell(out);
  switch (column.type()) {
    case Type::kBoolean: return append_boolean_cell(column.booleans()[row] != 0, out);
    case Type::kDouble: return append_double_cell(column.doubles()[row], out);
    case Type::kText: return append_text_cell(column.texts()[row], out);
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval:
      return append_bits_cell(static_cast<std::uint64_t>(column.ints()[row]), out);
  }
}

void append_null_cell(std::string& out) { out += kNullMark; }

void append_bits_cell(std::uint64_t bits, std::string& out) {
  out += kPresentMark;
  append_raw(out, bits);
}

void append_boolean_cell(bool value, std::string& out) {
  out += kPresentMark;
  out += static_cast<char>(value ? 1 : 0);
}

void append_double_cell(double value, std::string& out) {
  append_bits_cell(std::bit_cast<std::uint64_t>(value), out);
}

void append_text_cell(std::string_view value, std::string& out) {
  out += kPresentMark;
  append_sized(out, value);
}

bool take_cell(std::string_view& in, Column& column, Arena& arena) {
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
      std::string_view text;
      if (!take_sized(in, text)) return false;
      column.append_text(arena.store(text));
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

}  // namespace sitrep
