// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of the aggregates share: rows, an accumulator that frees itself, and the ways in
// which a stream may come to it: at once, in batches, in parts that are merged, over a restart.
// Thread-compatible.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/function_registry.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/data/value.h"
#include "engine/sql/aggregates.h"

namespace sitrep::sql {

/// One row of arguments; event time is what first and last go by.
struct Row {
  std::vector<Value> cells;
  Micros time = 0;
};
using Rows = std::span<const Row>;

/// A call in SQL: arg_max(text, bigint).
struct Call {
  std::string name;
  std::vector<Type> types;
  bool distinct = false;
  std::vector<Value> constants = {};

  std::string text() const {
    std::vector<std::string> arguments;
    for (const Type type : types) arguments.emplace_back(to_string(type));
    return concat(name, "(", distinct ? "DISTINCT " : "", join(arguments, ", "), ")");
  }
};

inline const FunctionRegistry& aggregates() {
  static const FunctionRegistry kRegistry = [] {
    FunctionRegistry registry;
    add_builtin_aggregates(registry);
    return registry;
  }();
  return kRegistry;
}

inline Result<std::unique_ptr<AggregateFunction>> make_aggregate(const Call& call) {
  const AggregateFactory* factory = aggregates().aggregate(call.name);
  if (factory == nullptr) return invalid_config(concat("no aggregate ", call.name));
  std::vector<Value> constants = call.constants;
  constants.resize(call.types.size());
  return factory->make(call.types, call.distinct, constants);
}

/// The columns of some rows; the texts stay in the rows.
inline std::vector<Column> columns_of(std::span<const Type> types, Rows rows) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < types.size(); ++i) {
    Column& column = columns.emplace_back(types[i]);
    for (const Row& row : rows) {
      const Value& cell = row.cells[i];
      if (is_null(cell)) {
        column.append_null();
      } else if (types[i] == Type::kBoolean) {
        column.append_boolean(std::get<bool>(cell));
      } else if (types[i] == Type::kDouble) {
        column.append_double(std::get<double>(cell));
      } else if (types[i] == Type::kText) {
        column.append_text(std::get<std::string>(cell));
      } else {
        column.append_int(std::get<std::int64_t>(cell));
      }
    }
  }
  return columns;
}

class Accumulator {
 public:
  explicit Accumulator(const Call& call) : call_(call) {
    auto made = make_aggregate(call);
    EXPECT_TRUE(made) << call.text();
    function_ = *std::move(made);
    // Not zero, so that what create() forgets is seen.
    words_.assign((function_->accumulator_bytes() + 7) / 8, 0xa5a5a5a5a5a5a5a5);
    function_->create(bytes());
  }
  Accumulator(const Accumulator&) = delete;
  Accumulator& operator=(const Accumulator&) = delete;
  ~Accumulator() { function_->destroy(bytes()); }

  std::byte* bytes() { return reinterpret_cast<std::byte*>(words_.data()); }
  const AggregateFunction& function() const { return *function_; }

  void add(Rows rows) { add_with(*this, rows); }
  /// Gives the even rows to this one and the odd ones to `other`, in one update.
  void add_with(Accumulator& other, Rows rows) {
    const std::vector<Column> columns = columns_of(call_.types, rows);
    std::vector<const Column*> arguments;
    for (const Column& column : columns) arguments.push_back(&column);
    std::vector<Micros> times;
    std::vector<std::uint32_t> positions;
    std::vector<std::byte*> accumulators;
    for (const Row& row : rows) {
      positions.push_back(static_cast<std::uint32_t>(times.size()));
      accumulators.push_back(times.size() % 2 == 0 ? bytes() : other.bytes());
      times.push_back(row.time);
    }
    function_->update({.arguments = arguments,
                       .event_time = times,
                       .rows = positions,
                       .groups = accumulators});
  }
  void merge(Accumulator& later) { function_->merge(bytes(), later.bytes()); }
  std::string saved() {
    std::string out;
    function_->save(bytes(), out);
    return out;
  }
  Result<void> load(std::string_view& in) { return function_->load(in, bytes()); }
  std::size_t heap_bytes() { return function_->heap_bytes(bytes()); }
  Value result() {
    Column out(function_->result_type());
    Arena arena;
    function_->result(bytes(), out, arena);
    EXPECT_EQ(out.size(), 1U) << call_.text();
    return out.value(0);
  }
  std::string text() { return to_string(result(), function_->result_type()); }

 private:
  const Call call_;
  std::unique_ptr<AggregateFunction> function_;
  std::vector<std::uint64_t> words_;
};

/// Saves `from` into a fresh accumulator, which must read every byte and save the same again.
inline std::unique_ptr<Accumulator> restarted(const Call& call, Accumulator& from) {
  auto fresh = std::make_unique<Accumulator>(call);
  const std::string saved = from.saved();
  std::string_view rest = saved;
  EXPECT_TRUE(fresh->load(rest)) << call.text();
  EXPECT_EQ(rest, "") << call.text();
  EXPECT_EQ(fresh->saved(), saved) << call.text();
  return fresh;
}

/// The results of the rows by each way they may come; `cut` is where a restart and a merge fall.
inline std::vector<std::pair<std::string, Value>> every_way(const Call& call, Rows rows,
                                                            std::size_t cut) {
  std::vector<std::pair<std::string, Value>> out;
  Accumulator whole(call);
  whole.add(rows);
  out.emplace_back("in one batch", whole.result());

  Accumulator split(call);
  for (std::size_t at = 0; at < rows.size(); at += 7) {
    split.add(rows.subspan(at, std::min<std::size_t>(7, rows.size() - at)));
  }
  out.emplace_back("in batches", split.result());

  Accumulator first(call);
  Accumulator second(call);
  first.add(rows.first(cut));
  second.add(rows.subspan(cut));
  Accumulator merged(call);
  merged.merge(first);
  merged.merge(second);
  out.emplace_back("merged", merged.result());

  const auto restored = restarted(call, first);
  restored->add(rows.subspan(cut));
  out.emplace_back("over a restart", restored->result());

  const auto restored_parts = restarted(call, merged);
  out.emplace_back("merged, then restarted", restored_parts->result());
  return out;
}

inline std::vector<Row> rows_of(std::initializer_list<Value> values) {
  std::vector<Row> rows;
  for (const Value& value : values) rows.push_back({.cells = {value}});
  return rows;
}

/// The result over a column of values, the same by every way, as text.
inline std::string aggregate(const Call& call, const std::vector<Row>& rows) {
  std::string text;
  for (std::size_t cut = 0; cut <= rows.size(); ++cut) {
    for (const auto& [way, value] : every_way(call, rows, cut)) {
      const std::string one = to_string(value, Accumulator(call).function().result_type());
      if (text.empty()) text = one;
      EXPECT_EQ(one, text) << call.text() << " " << way << ", cut at " << cut;
    }
  }
  return text;
}

}  // namespace sitrep::sql
