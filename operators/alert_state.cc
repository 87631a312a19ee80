// SPDX-License-Identifier: Apache-2.0
#include "operators/alert_state.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>

#include "engine/api/raw_bytes.h"

namespace sitrep {
namespace {

// Phase in the low four bits of their byte, severity in the high ones.
constexpr int kSeverityShift = 4;
constexpr std::uint8_t kPhaseMask = 0x0f;

constexpr std::array<std::string_view, 4> kSeverities = {"", "info", "warning", "critical"};

}  // namespace

std::string_view to_string(AlertSeverityLevel severity) {
  return kSeverities.at(static_cast<std::size_t>(severity));
}

AlertSeverityLevel severity_of(std::string_view text) {
  const auto found = std::find(kSeverities.begin() + 1, kSeverities.end(), text);
  if (found == kSeverities.end()) return AlertSeverityLevel::kNone;
  return static_cast<AlertSeverityLevel>(found - kSeverities.begin());
}

void AlertState::begin_episode(Micros at) {
  const bool again = revision > 0 && raised_at == at;
  same_instant = again ? same_instant + 1 : 0;
  raised_at = at;
  reminded_at = at;
  revision = 0;
}

void save_alert_state(const AlertState& state, std::string& out) {
  append_raw(out, static_cast<std::uint8_t>(static_cast<int>(state.phase) |
                                            static_cast<int>(state.severity) << kSeverityShift));
  append_raw(out, state.since);
  append_raw(out, state.raised_at);
  append_raw(out, state.reminded_at);
  append_raw(out, state.last_row);
  append_raw(out, state.revision);
  append_raw(out, state.same_instant);
  append_sized(out, state.key_text);
  append_sized(out, state.told);
  append_sized(out, state.group);
  out += state.words;
}

Result<void> load_alert_state(std::string_view in, AlertState& state) {
  std::uint8_t phase_and_severity = 0;
  std::string_view key_text;
  std::string_view told;
  std::string_view group;
  const bool whole = take_raw(in, phase_and_severity) && take_raw(in, state.since) &&
                     take_raw(in, state.raised_at) && take_raw(in, state.reminded_at) &&
                     take_raw(in, state.last_row) && take_raw(in, state.revision) &&
                     take_raw(in, state.same_instant) && take_sized(in, key_text) &&
                     take_sized(in, told) && take_sized(in, group);
  state.phase = static_cast<AlertState::Phase>(phase_and_severity & kPhaseMask);
  state.severity = static_cast<AlertSeverityLevel>(phase_and_severity >> kSeverityShift);
  if (!whole || state.phase > AlertState::Phase::kClearing ||
      state.severity > AlertSeverityLevel::kCritical) {
    return corrupt("a saved alert state is damaged");
  }
  state.key_text = key_text;
  state.told = told;
  state.group = group;
  state.words = in;
  return {};
}

std::size_t text_bytes(const AlertState& state) {
  return state.key_text.capacity() + state.words.capacity() + state.told.capacity() +
         state.group.capacity();
}

void AlertStateRow::create(std::byte* row) const {
  new (row) Owned(std::make_unique<AlertState>());
}

void AlertStateRow::destroy(std::byte* row) const {
  std::destroy_at(reinterpret_cast<Owned*>(row));
}

std::size_t AlertStateRow::heap_bytes(const std::byte* row) const {
  return sizeof(AlertState) + text_bytes(get(row));
}

void AlertStateRow::save(const std::byte* row, std::string& out) const {
  save_alert_state(get(row), out);
}

Result<void> AlertStateRow::load(std::string_view in, std::byte* row) const {
  return load_alert_state(in, get(row));
}

}  // namespace sitrep
