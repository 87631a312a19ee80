// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/source_clock.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/text.h"

namespace sitrep {

SourceClock::SourceClock(std::string_view name, const TimePlan& plan, ClockTable& clocks,
                         Micros started)
    : id_(store_id(name)), plan_(plan), started_(started), clocks_(clocks) {
  // A partition that was never read holds its stage back until it is known to be silent.
  if (!plan_.clock_column) {
    State& own = state(0);
    own.known = true;
    own.last_row = started;
  }
}

SourceClock::State& SourceClock::state(ClockId clock) {
  if (clock >= states_.size()) states_.resize(clock + 1);
  return states_[clock];
}

Micros SourceClock::observe(ClockId clock, Micros event_time) {
  State& mine = state(clock);
  const Micros before = mine.watermark;
  if (!mine.touched) {
    mine.touched = true;
    touched_.push_back(clock);
  }
  mine.watermark = after(before, event_time);
  if (mine.watermark > before) mark_dirty(clock);
  return before;
}

void SourceClock::mark_dirty(ClockId clock) {
  if (std::exchange(states_[clock].dirty, true)) return;
  dirty_.push_back(clock);
}

void SourceClock::end_batch(Micros now, std::vector<ClockReading>& changed) {
  for (const ClockId clock : touched_) {
    State& mine = states_[clock];
    mine.touched = false;
    mine.known = true;
    mine.idle = false;
    mine.last_row = now;
    changed.push_back({.clock = clock, .watermark = mine.watermark, .idle = false});
  }
  touched_.clear();
}

void SourceClock::wait_anew(Micros now) {
  for (State& mine : states_) {
    if (mine.known) mine.last_row = now;
  }
}

void SourceClock::tick(Micros now, std::vector<ClockReading>& changed) {
  if (plan_.idle_after == TimePlan::kNever) return;
  for (ClockId clock = 0; clock < states_.size(); ++clock) {
    State& mine = states_[clock];
    if (!mine.known) continue;
    const Micros silent = now - mine.last_row;
    bool moved = false;
    if (!mine.idle && silent >= plan_.idle_after) {
      mine.idle = true;
      moved = true;
    }
    if (mine.idle && silent >= plan_.idle_close && mine.watermark != kMinWatermark) {
      // Event time goes on as processing time does; last_row moves along so that W moves once.
      mine.watermark += silent;
      mine.last_row = now;
      mark_dirty(clock);
      moved = true;
    }
    if (moved) {
      changed.push_back({.clock = clock, .watermark = mine.watermark, .idle = true});
    }
  }
}

std::vector<ClockId> SourceClock::expire(Micros now) {
  std::vector<ClockId> expired;
  if (plan_.clock_expire == TimePlan::kNever || !plan_.clock_column) return expired;
  for (ClockId clock = 0; clock < states_.size(); ++clock) {
    State& mine = states_[clock];
    if (!mine.known || now - mine.last_row < plan_.clock_expire) continue;
    mark_dirty(clock);
    mine = State{.dirty = true};
    expired.push_back(clock);
  }
  return expired;
}

std::vector<ClockReading> SourceClock::readings() const {
  std::vector<ClockReading> out;
  for (ClockId clock = 0; clock < states_.size(); ++clock) {
    const State& mine = states_[clock];
    if (mine.known) out.push_back({clock, mine.watermark, mine.idle});
  }
  return out;
}

// Value: W, 8 bytes little endian. The clock's name is the key's clock group.
void SourceClock::collect(Epoch, ChangeSink& changes) {
  for (const ClockId clock : dirty_) {
    State& mine = states_[clock];
    mine.dirty = false;
    const StateKey key{.clock = clocks_.name(clock), .pane = 0, .key = {}};
    if (!mine.known) {
      changes.remove(id_, key);
      continue;
    }
    char bytes[sizeof(Micros)];
    std::memcpy(bytes, &mine.watermark, sizeof bytes);
    changes.put(id_, key, {bytes, sizeof bytes});
  }
  dirty_.clear();
}

Result<void> SourceClock::restore(const StateKey& key, std::string_view value) {
  if (value.size() != sizeof(Micros)) {
    return corrupt(concat("a saved watermark has ", value.size(), " bytes instead of 8"));
  }
  State& mine = state(clocks_.intern(key.clock));
  std::memcpy(&mine.watermark, value.data(), sizeof(Micros));
  mine.known = true;
  mine.last_row = started_;
  return {};
}

}  // namespace sitrep
