// SPDX-License-Identifier: Apache-2.0
#include "operators/alert_state.h"

#include <algorithm>
#include <array>
#include <cstdint>

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

void AlertState::save(std::string& out) const {
  append_raw(out, static_cast<std::uint8_t>(static_cast<int>(phase) |
                                            static_cast<int>(severity) << kSeverityShift));
  append_raw(out, since);
  append_raw(out, raised_at);
  append_raw(out, reminded_at);
  append_raw(out, last_row);
  append_raw(out, revision);
  append_raw(out, same_instant);
  append_sized(out, key_text);
  append_sized(out, told);
  append_sized(out, group);
  out += words;
}

Result<void> AlertState::load(std::string_view in) {
  std::uint8_t phase_and_severity = 0;
  std::string_view key;
  std::string_view last_told;
  std::string_view of_group;
  const bool whole = take_raw(in, phase_and_severity) && take_raw(in, since) &&
                     take_raw(in, raised_at) && take_raw(in, reminded_at) &&
                     take_raw(in, last_row) && take_raw(in, revision) &&
                     take_raw(in, same_instant) && take_sized(in, key) &&
                     take_sized(in, last_told) && take_sized(in, of_group);
  phase = static_cast<Phase>(phase_and_severity & kPhaseMask);
  severity = static_cast<AlertSeverityLevel>(phase_and_severity >> kSeverityShift);
  if (!whole || phase > Phase::kClearing || severity > AlertSeverityLevel::kCritical) {
    return corrupt("a saved alert state is damaged");
  }
  key_text = key;
  told = last_told;
  group = of_group;
  words = in;
  return {};
}

std::size_t AlertState::heap_bytes() const {
  return key_text.capacity() + words.capacity() + told.capacity() + group.capacity();
}

}  // namespace sitrep
