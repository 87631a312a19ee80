// SPDX-License-Identifier: Apache-2.0
#pragma once
// An aggregate of one argument, made from a state: a struct that lies in the accumulator's bytes
// and has
//   void add(Cell)                        one value that is not null
//   void merge(const State& later)
//   void result(Column& out, Arena&) const    appends one value
//   void save(std::string&) const; bool load(std::string_view&); std::size_t heap_bytes() const
//                                         where it owns memory; false: the bytes are wrong
//   bool valid() const                    where it does not: it is saved as its bytes, and this
//                                         says whether bytes read back can be a state
// The loop over the rows is here, once, and calls add without indirection. Thread-safe.

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/api/aggregate_function.h"
#include "engine/sql/kernel.h"

namespace sitrep::sql {

template <typename State>
State& state_at(std::byte* accumulator) {
  return *std::launder(reinterpret_cast<State*>(accumulator));
}
template <typename State>
const State& state_at(const std::byte* accumulator) {
  return *std::launder(reinterpret_cast<const State*>(accumulator));
}

/// Everything but update().
template <typename State>
class AggregateOfState : public AggregateFunction {
 public:
  explicit AggregateOfState(Type result) : result_(result) {}

  Type result_type() const override { return result_; }
  std::size_t accumulator_bytes() const override { return sizeof(State); }
  void create(std::byte* accumulator) const override { std::construct_at(at(accumulator)); }
  void destroy(std::byte* accumulator) const override {
    std::destroy_at(&state_at<State>(accumulator));
  }
  void merge(std::byte* into, const std::byte* from) const override {
    state_at<State>(into).merge(state_at<State>(from));
  }
  void result(const std::byte* accumulator, Column& out, Arena& arena) const override {
    state_at<State>(accumulator).result(out, arena);
  }
  void save(const std::byte* accumulator, std::string& out) const override {
    if constexpr (std::is_trivially_copyable_v<State>) {
      out.append(reinterpret_cast<const char*>(accumulator), sizeof(State));
    } else {
      state_at<State>(accumulator).save(out);
    }
  }
  Result<void> load(std::string_view& in, std::byte* accumulator) const override {
    State read;
    if (!read_state(in, read)) {
      return corrupt("the saved bytes of an aggregate are not of its form");
    }
    state_at<State>(accumulator) = std::move(read);
    return {};
  }
  bool owns_heap() const override { return !std::is_trivially_copyable_v<State>; }
  std::size_t heap_bytes(const std::byte* accumulator) const override {
    if constexpr (std::is_trivially_copyable_v<State>) {
      return 0;
    } else {
      return state_at<State>(accumulator).heap_bytes();
    }
  }

 private:
  static bool read_state(std::string_view& in, State& read) {
    if constexpr (std::is_trivially_copyable_v<State>) {
      if (in.size() < sizeof(State)) return false;
      std::memcpy(&read, in.data(), sizeof(State));
      in.remove_prefix(sizeof(State));
      return read.valid();
    } else {
      return read.load(in);
    }
  }
  static State* at(std::byte* accumulator) {
    static_assert(alignof(State) <= 8, "accumulators lie on 8-byte boundaries");
    return reinterpret_cast<State*>(accumulator);
  }

  Type result_;
};

/// One argument of type Cell; nulls are skipped.
template <typename Cell, typename State>
class ValueAggregate final : public AggregateOfState<State> {
 public:
  using AggregateOfState<State>::AggregateOfState;

  void update(const AggregateInput& input) const override {
    const Column& column = *input.arguments[0];
    const auto values = cells<Cell>(column);
    const auto nulls = column.nulls();
    for (std::size_t i = 0; i < input.rows.size(); ++i) {
      const std::uint32_t row = input.rows[i];
      if (nulls[row] == 0) state_at<State>(input.accumulator(i)).add(values[row]);
    }
  }
};

}  // namespace sitrep::sql
