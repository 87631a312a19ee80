// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where an alert rule stands for one key: normal → pending → active → clearing → normal. And how
// that is kept in a state table. Thread-compatible.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/api/table.h"

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
};

/// Saved form (docs/formats.md): phase and severity (1 byte), since, raised_at, reminded_at,
/// last_row (8 bytes little endian each), revision, same_instant (4 bytes each), key_text, told and
/// group (each behind its length, 4 bytes), words.
void save_alert_state(const AlertState& state, std::string& out);
/// kCorrupt when `in` is not of that form.
Result<void> load_alert_state(std::string_view in, AlertState& state);
/// Heap bytes of its texts, about.
std::size_t text_bytes(const AlertState& state);

/// A row is a pointer to its state: a table moves rows as bytes, and short texts point into the
/// string that holds them.
class AlertStateRow final : public RowCodec {
 public:
  std::size_t row_bytes() const override { return sizeof(Owned); }
  void create(std::byte* row) const override;
  void destroy(std::byte* row) const override;
  void save(const std::byte* row, std::string& out) const override;
  Result<void> load(std::string_view in, std::byte* row) const override;
  std::size_t heap_bytes(const std::byte* row) const override;

  static AlertState& get(std::byte* row) { return **reinterpret_cast<Owned*>(row); }
  static const AlertState& get(const std::byte* row) {
    return **reinterpret_cast<const Owned*>(row);
  }

 private:
  using Owned = std::unique_ptr<AlertState>;
};

}  // namespace sitrep
