// SPDX-License-Identifier: Apache-2.0
#include "engine/api/cell_form.h"

#include <cstdint>
#include <cstring>

#include "engine/api/raw_bytes.h"

namespace sitrep {
namespace {

constexpr char kNullMark = 0;
constexpr char kPresentMark = 1;

}  // namespace

void append_cell(const Column& column, std::size_t row, std::string& out) {
  if (column.is_null(row)) {
    out += kNullMark;
    return;
  }
  if (column.type() == Type::kDouble) return append_double_cell(column.doubles()[row], out);
  out += kPresentMark;
  switch (column.type()) {
    case Type::kBoolean: out += static_cast<char>(column.booleans()[row] != 0 ? 1 : 0); return;
    case Type::kText: return append_sized(out, column.texts()[row]);
    case Type::kDouble:
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: return append_raw(out, column.ints()[row]);
  }
}

char* write_text_cell(std::string_view text, char* to) {
  const auto size = static_cast<std::uint32_t>(text.size());
  *to++ = kPresentMark;
  std::memcpy(to, &size, sizeof size);
  to += sizeof size;
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* write_null_cell(char* to) {
  *to = kNullMark;
  return to + 1;
}

void append_double_cell(double value, std::string& out) {
  out += kPresentMark;
  append_raw(out, value);
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
