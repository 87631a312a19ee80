// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where an alert rule stands for one key: normal → pending → active → clearing → normal. And how
// that is kept in a state table. Thread-compatible.

#include <cstdint>
#include <string>
#include <string_view>

#include "operators/owned_row.h"

namespace sitrep {

/// kNone: nobody has said, or the rule has one severity for all.
enum class AlertSeverityLevel : std::uint8_t { kNone, kInfo, kWarning, kCritical };

/// "info", "warning", "critical"; "" for kNone.
std::string_view to_string(AlertSeverityLevel severity);
/// kNone for any other text.
AlertSeverityLevel severity_of(std::string_view text);

struct AlertState {
  enum class Phase : std::uint8_t { kNormal, kPending, kActive, kClearing };

  Phase phase = Phase::kNormal;
  /// As the last row said, where rows say it.
  AlertSeverityLevel severity = AlertSeverityLevel::kNone;
  /// First row of the run of rows on which `raise` was true (pending), or `clear` (clearing).
  Micros since = 0;
  Micros raised_at = 0;
  /// Records of the episode at hand, or of the last one.
  std::uint32_t revision = 0;
  /// Episodes before it that were raised at the same instant.
  std::uint32_t same_instant = 0;
  /// When the episode was told of last for being up still; at first, when it was raised.
  Micros reminded_at = 0;
  /// Event time of the last row applied.
  Micros last_row = kMinWatermark;
  /// The key as a person reads it, and the words of the last row of that run (render_words).
  std::string key_text;
  std::string words;
  /// The words of the record before, for reminders.
  std::string told;
  /// What the episode belongs to, as its raise said: records of one episode go one way. Empty: the
  /// rule does not say.
  std::string group;

  bool is_up() const { return phase == Phase::kActive || phase == Phase::kClearing; }
  /// An episode that is raised at `at`.
  void begin_episode(Micros at);

  /// Saved form (docs/formats.md): phase and severity (1 byte), since, raised_at, reminded_at,
  /// last_row (8 bytes little endian each), revision, same_instant (4 bytes each), key_text, told
  /// and group (each behind its length, 4 bytes), words.
  void save(std::string& out) const;
  /// kCorrupt when `in` is not of that form.
  Result<void> load(std::string_view in);
  /// Of its texts, about.
  std::size_t heap_bytes() const;
};

using AlertStateRow = SavedRow<AlertState>;

}  // namespace sitrep
