// SPDX-License-Identifier: Apache-2.0
#pragma once
// When keys would be silent, by clock, in the order of time and, at one time, of their keys. Not
// state: it follows from what is (SilenceRule). 16 bytes a timer, which the memory of stores does
// not count: a tenth of what their keys take. Used only by its worker.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/api/numbered_keys.h"

namespace sitrep {

class SilenceTimers {
 public:
  struct Timer {
    Micros time;
    std::uint32_t number;  // of the key, which is known as long as its timer stands
  };

  /// `keys` outlives the timers.
  explicit SilenceTimers(NumberedKeys& keys) : keys_(keys) {}

  void push(ClockId clock, Timer timer) {
    if (clock >= heaps_.size()) heaps_.resize(clock + 1);
    std::vector<Timer>& heap = heaps_[clock];
    heap.push_back(timer);
    std::push_heap(heap.begin(), heap.end(), Later{keys_});
  }
  /// Time of the clock's first timer; nothing when it has none.
  std::optional<Micros> first_time(ClockId clock) const {
    if (clock >= heaps_.size() || heaps_[clock].empty()) return std::nullopt;
    return heaps_[clock].front().time;
  }
  /// Takes the clock's first timer, if its time is at most `until`.
  std::optional<Timer> pop(ClockId clock, Micros until) {
    const auto first = first_time(clock);
    if (!first || *first > until) return std::nullopt;
    std::vector<Timer>& heap = heaps_[clock];
    std::pop_heap(heap.begin(), heap.end(), Later{keys_});
    const Timer timer = heap.back();
    heap.pop_back();
    return timer;
  }
  /// Clocks that have a timer.
  std::vector<ClockId> clocks() const {
    std::vector<ClockId> out;
    for (ClockId clock = 0; clock < heaps_.size(); ++clock) {
      if (!heaps_[clock].empty()) out.push_back(clock);
    }
    return out;
  }

 private:
  struct Later {
    NumberedKeys& keys;

    bool operator()(const Timer& a, const Timer& b) const {
      return a.time != b.time ? a.time > b.time : keys.at(a.number).key > keys.at(b.number).key;
    }
  };

  NumberedKeys& keys_;
  std::vector<std::vector<Timer>> heaps_;  // by ClockId
};

}  // namespace sitrep
