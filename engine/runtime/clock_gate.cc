// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/clock_gate.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/base/text.h"

namespace sitrep {

ClockGate::ClockGate(const Options& options)
    : id_(store_id(options.name)),
      inputs_(options.inputs),
      grace_(options.grace),
      clocks_(*options.clocks) {}

ClockGate::State& ClockGate::state(ClockId clock) {
  if (clock >= states_.size()) states_.resize(clock + 1);
  State& mine = states_[clock];
  if (mine.inputs.empty()) mine.inputs.resize(inputs_);
  return mine;
}

std::optional<Micros> ClockGate::minimum(const State& state,
                                         std::span<const std::size_t> except) {
  std::optional<Micros> out;
  for (std::size_t i = 0; i < state.inputs.size(); ++i) {
    const Input& input = state.inputs[i];
    if (input.idle || (!input.spoke && state.waived)) continue;
    if (std::ranges::find(except, i) != except.end()) continue;
    out = std::min(out.value_or(input.watermark), input.watermark);
  }
  return out;
}

Micros ClockGate::reached_idle(const State& state) {
  std::optional<Micros> out;
  for (const Input& input : state.inputs) {
    if (input.goes_on) out = std::min(out.value_or(input.watermark), input.watermark);
  }
  return out.value_or(state.merged);
}

void ClockGate::mark_dirty(ClockId clock) {
  if (std::exchange(states_[clock].dirty, true)) return;
  dirty_.push_back(clock);
}

void ClockGate::merge(ClockId clock, std::vector<ClockReading>& changed) {
  State& mine = states_[clock];
  const std::optional<Micros> lowest = minimum(mine, {});
  const bool idle = !lowest.has_value();
  const Micros merged = std::max(mine.merged, lowest.value_or(reached_idle(mine)));
  if (mine.known && merged == mine.merged && idle == mine.idle) return;
  if (merged != mine.merged && merges()) mark_dirty(clock);
  mine.known = true;
  mine.merged = merged;
  mine.idle = idle;
  changed.push_back({.clock = clock, .watermark = merged, .idle = idle});
}

void ClockGate::update(std::size_t input, std::span<const ClockReading> readings, Micros now,
                       std::vector<ClockReading>& changed) {
  for (const ClockReading& reading : readings) {
    State& mine = state(reading.clock);
    if (mine.first_seen == 0) mine.first_seen = now;
    Input& from = mine.inputs[input];
    from.goes_on = reading.idle && (from.goes_on || reading.watermark > from.watermark);
    from.watermark = std::max(from.watermark, reading.watermark);
    from.idle = reading.idle;
    from.spoke = true;
    merge(reading.clock, changed);
  }
}

void ClockGate::tick(Micros now, std::vector<ClockReading>& changed) {
  if (!merges()) return;
  for (ClockId clock = 0; clock < states_.size(); ++clock) {
    State& mine = states_[clock];
    if (!mine.known || mine.waived || now - mine.first_seen < grace_) continue;
    mine.waived = true;
    merge(clock, changed);
  }
}

bool ClockGate::forget(std::size_t input, ClockId clock) {
  State& mine = state(clock);
  mine.inputs[input] = Input();
  const bool known_to_others = std::any_of(mine.inputs.begin(), mine.inputs.end(),
                                           [](const Input& other) { return other.spoke; });
  if (known_to_others) return false;
  if (merges()) mark_dirty(clock);
  mine = State{.inputs = {}, .dirty = mine.dirty};
  return true;
}

ColumnBatch ClockGate::adjust(std::span<const std::size_t> inputs, ColumnBatch batch) const {
  if (!merges()) return batch;
  const bool has_others = inputs.size() < inputs_;
  auto meta = std::make_shared<RowMeta>(*batch.meta);
  for (std::size_t row = 0; row < meta->watermark.size(); ++row) {
    const ClockId clock = meta->clock_of(row);
    Micros& watermark = meta->watermark[row];
    if (clock >= states_.size() || states_[clock].inputs.empty()) {
      // No input spoke of this clock before this batch.
      if (has_others) watermark = kMinWatermark;
      continue;
    }
    const State& mine = states_[clock];
    if (const auto others = minimum(mine, inputs)) watermark = std::min(watermark, *others);
    watermark = std::max(watermark, mine.merged);
  }
  batch.meta = std::move(meta);
  return batch;
}

Micros ClockGate::watermark(ClockId clock) const {
  return clock < states_.size() ? states_[clock].merged : kMinWatermark;
}

std::vector<ClockReading> ClockGate::readings() const {
  std::vector<ClockReading> out;
  for (ClockId clock = 0; clock < states_.size(); ++clock) {
    const State& mine = states_[clock];
    if (mine.known) out.push_back({clock, mine.merged, mine.idle});
  }
  return out;
}

// Value: merged W, 8 bytes little endian.
void ClockGate::collect(Epoch, ChangeSink& changes) {
  for (const ClockId clock : dirty_) {
    State& mine = states_[clock];
    mine.dirty = false;
    const StateKey key{.clock = clocks_.name(clock), .pane = 0, .key = {}};
    if (!mine.known) {
      changes.remove(id_, key);
      continue;
    }
    char bytes[sizeof(Micros)];
    std::memcpy(bytes, &mine.merged, sizeof bytes);
    changes.put(id_, key, {bytes, sizeof bytes});
  }
  dirty_.clear();
}

Result<void> ClockGate::restore(const StateKey& key, std::string_view value) {
  if (value.size() != sizeof(Micros)) {
    return corrupt(concat("a saved watermark has ", value.size(), " bytes instead of 8"));
  }
  std::memcpy(&state(clocks_.intern(key.clock)).merged, value.data(), sizeof(Micros));
  return {};
}

}  // namespace sitrep
