// SPDX-License-Identifier: Apache-2.0
#include "operators/key_history.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/api/cell_form.h"
#include "engine/api/raw_bytes.h"
#include "engine/base/ensure.h"
#include "engine/base/hash.h"

namespace sitrep {
namespace {

bool is_true(const Column& column, std::size_t row) {
  return !column.is_null(row) && column.booleans()[row] != 0;
}

/// The number in a cell that append_cell wrote of a column of `type`.
template <typename Number>
Number number_in(std::string_view cell, Type type, Arena& arena) {
  Column value(type);
  const bool whole = take_cell(cell, value, arena);
  ENSURE(whole && !value.is_null(0), "a number was remembered");
  if constexpr (std::is_same_v<Number, double>) {
    return type == Type::kDouble ? value.doubles()[0] : static_cast<double>(value.ints()[0]);
  } else {
    return value.ints()[0];
  }
}

void keep(CallMemory& memory, const Column& argument, std::size_t row, Micros time) {
  memory.time = time;
  memory.cell.clear();
  append_cell(argument, row, memory.cell);
}

void append_lag(const Column& x, std::size_t row, Micros time, CallMemory& memory, Column& out,
                Arena& arena) {
  std::string_view before = memory.cell;
  if (before.empty()) {
    out.append_null();
  } else {
    ENSURE(take_cell(before, out, arena), "a value was remembered");
  }
  keep(memory, x, row, time);
}

/// The difference of two doubles; null, and false, where SQL has none: it is beyond what a double
/// holds, although both are not.
bool append_difference(double now, double before, double seconds, Column& out) {
  const double value = (now - before) / seconds;
  const bool good = std::isfinite(value) || !std::isfinite(now) || !std::isfinite(before);
  if (good) {
    out.append_double(value);
  } else {
    out.append_null();
  }
  return good;
}

bool append_delta(const Column& x, std::size_t row, Micros time, CallMemory& memory, Column& out,
                  Arena& arena) {
  const bool known = !memory.cell.empty() && !x.is_null(row);
  if (!known) {
    out.append_null();
    if (!x.is_null(row)) keep(memory, x, row, time);
    return true;
  }
  bool good = true;
  if (x.type() == Type::kDouble) {
    good = append_difference(x.doubles()[row], number_in<double>(memory.cell, x.type(), arena),
                             /*seconds=*/1, out);
  } else {
    std::int64_t difference = 0;
    good = !__builtin_sub_overflow(
        x.ints()[row], number_in<std::int64_t>(memory.cell, x.type(), arena), &difference);
    if (good) {
      out.append_int(difference);
    } else {
      out.append_null();
    }
  }
  keep(memory, x, row, time);
  return good;
}

/// Two rows of one instant have no rate.
bool append_rate(const Column& x, std::size_t row, Micros time, CallMemory& memory, Column& out,
                 Arena& arena) {
  if (x.is_null(row)) {
    out.append_null();
    return true;
  }
  bool good = true;
  if (memory.cell.empty() || time == memory.time) {
    out.append_null();
  } else {
    const double now = x.type() == Type::kDouble ? x.doubles()[row]
                                                 : static_cast<double>(x.ints()[row]);
    const double seconds = static_cast<double>(time - memory.time) / kMicrosPerSecond;
    good = append_difference(now, number_in<double>(memory.cell, x.type(), arena), seconds, out);
  }
  keep(memory, x, row, time);
  return good;
}

void append_duration(const Column& condition, std::size_t row, Micros time, CallMemory& memory,
                     Column& out) {
  if (!is_true(condition, row)) {
    memory.time = kMinWatermark;
  } else if (memory.time == kMinWatermark) {
    memory.time = time;
  }
  out.append_int(memory.time == kMinWatermark ? 0 : time - memory.time);
}

void forget_first(CallMemory& memory, std::size_t count) {
  const auto end = static_cast<std::ptrdiff_t>(count);
  memory.hits.erase(memory.hits.begin(), memory.hits.begin() + end);
  if (!memory.values.empty()) {
    memory.values.erase(memory.values.begin(), memory.values.begin() + end);
  }
}

void append_count(const sql::HistoryCall& call, std::span<const ColumnPtr> arguments,
                  std::size_t row, Micros time, CallMemory& memory, Column& out) {
  const auto inside = std::ranges::upper_bound(memory.hits, time - call.within);
  forget_first(memory, static_cast<std::size_t>(inside - memory.hits.begin()));
  const bool counts_values = arguments.size() == 2;
  if (is_true(*arguments[0], row) && !(counts_values && arguments[1]->is_null(row))) {
    if (counts_values) {
      std::string value;
      append_cell(*arguments[1], row, value);
      const auto known = std::ranges::find(memory.values, value);
      if (known != memory.values.end()) {
        memory.hits.erase(memory.hits.begin() + (known - memory.values.begin()));
        memory.values.erase(known);
      }
      memory.values.push_back(std::move(value));
    }
    memory.hits.push_back(time);
    if (memory.hits.size() > CallMemory::kHitsMax) forget_first(memory, 1);
  }
  out.append_int(static_cast<std::int64_t>(memory.hits.size()));
}

}  // namespace

bool remember_row(const sql::HistoryCall& call, std::span<const ColumnPtr> arguments,
                  std::size_t row, Micros time, CallMemory& memory, Column& out, Arena& arena) {
  using Function = sql::HistoryFunction;
  switch (call.function) {
    case Function::kLag:
      append_lag(*arguments[0], row, time, memory, out, arena);
      return true;
    case Function::kDelta:
      return append_delta(*arguments[0], row, time, memory, out, arena);
    case Function::kRate:
      return append_rate(*arguments[0], row, time, memory, out, arena);
    case Function::kDuration:
      append_duration(*arguments[0], row, time, memory, out);
      return true;
    case Function::kCountWithin:
      append_count(call, arguments, row, time, memory, out);
      return true;
  }
  ENSURE(false, "unknown HistoryFunction");
}

std::size_t KeyHistory::heap_bytes() const {
  std::size_t bytes = calls.capacity() * sizeof(CallMemory);
  for (const CallMemory& memory : calls) {
    bytes += memory.cell.capacity() + memory.hits.capacity() * sizeof(Micros) +
             memory.values.capacity() * sizeof(std::string);
    for (const std::string& value : memory.values) bytes += value.capacity();
  }
  return bytes;
}

KeyHistoryRow::KeyHistoryRow(const std::vector<sql::HistoryCall>& calls) {
  for (const sql::HistoryCall& call : calls) {
    calls_.push_back({.id = static_cast<std::uint32_t>(hash_bytes(call.identity)),
                      .counts_values = call.function == sql::HistoryFunction::kCountWithin &&
                                       call.arguments.size() == 2});
  }
}

void KeyHistoryRow::create(std::byte* row) const {
  OwnedRow::create(row);
  get(row).calls.resize(calls_.size());
}

void KeyHistoryRow::save(const std::byte* row, std::string& out) const {
  const KeyHistory& history = get(row);
  append_raw(out, history.last_row);
  std::string saved;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    const CallMemory& memory = history.calls[i];
    saved.clear();
    append_raw(saved, memory.time);
    append_sized(saved, memory.cell);
    for (std::size_t hit = 0; hit < memory.hits.size(); ++hit) {
      append_raw(saved, memory.hits[hit]);
      if (calls_[i].counts_values) append_sized(saved, memory.values[hit]);
    }
    append_raw(out, calls_[i].id);
    append_sized(out, saved);
  }
}

bool KeyHistoryRow::load_memory(std::string_view in, bool counts_values, CallMemory& memory) {
  std::string_view cell;
  if (!take_raw(in, memory.time) || !take_sized(in, cell)) return false;
  memory.cell = cell;
  while (!in.empty()) {
    std::string_view value;
    if (!take_raw(in, memory.hits.emplace_back())) return false;
    if (!counts_values) continue;
    if (!take_sized(in, value)) return false;
    memory.values.emplace_back(value);
  }
  return true;
}

Result<void> KeyHistoryRow::load(std::string_view in, std::byte* row) const {
  KeyHistory& history = get(row);
  history.calls.assign(calls_.size(), {});
  bool whole = take_raw(in, history.last_row);
  while (whole && !in.empty()) {
    std::uint32_t id = 0;
    std::string_view saved;
    whole = take_raw(in, id) && take_sized(in, saved);
    const auto call = std::ranges::find(calls_, id, &Call::id);
    if (!whole || call == calls_.end()) continue;
    whole = load_memory(saved, call->counts_values,
                        history.calls[static_cast<std::size_t>(call - calls_.begin())]);
  }
  if (!whole) return corrupt("what is saved of a key's rows is damaged");
  return {};
}

}  // namespace sitrep
