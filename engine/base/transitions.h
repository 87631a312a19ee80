// SPDX-License-Identifier: Apache-2.0
#pragma once
// A state machine's legal steps as a table that the code goes by: a step that is not in it is a bug
// and ends the process. Thread-compatible.

#include <algorithm>
#include <span>

#include "engine/base/ensure.h"

namespace sitrep {

template <typename State>
struct Transition {
  State from;
  State to;

  friend constexpr bool operator==(const Transition&, const Transition&) = default;
};

template <typename State>
constexpr bool is_legal(std::span<const Transition<State>> table, State from, State to) {
  return std::ranges::find(table, Transition<State>{from, to}) != table.end();
}

/// The state of one machine; `table` outlives it.
template <typename State>
class StateMachine {
 public:
  StateMachine(std::span<const Transition<State>> table, State first)
      : table_(table), state_(first) {}

  State state() const { return state_; }
  void enter(State next) {
    ENSURE(is_legal(table_, state_, next), "a step that the state machine does not have");
    state_ = next;
  }

 private:
  std::span<const Transition<State>> table_;
  State state_;
};

}  // namespace sitrep
