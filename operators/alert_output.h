// SPDX-License-Identifier: Apache-2.0
#pragma once
// Alert records on their way out: one row per change of an alert, columns alert, key, change, at,
// since, raised_at, severity, text. And the text template that a record's text is made from. Used
// only by its worker.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/operator.h"
#include "engine/data/column_batch.h"
#include "operators/alert_state.h"

namespace sitrep {

/// What every alert rule is given: its name, how it reads, and how a key looks to a person.
struct AlertIdentity {
  /// A literal text, or the value of input column `column`.
  struct TextPiece {
    std::string literal;
    std::optional<std::size_t> column;
  };

  std::string name;
  /// Of every record that does not say another.
  AlertSeverityLevel severity = AlertSeverityLevel::kWarning;
  std::vector<TextPiece> text;
  /// Columns of the input that tell one thing watched from another.
  std::vector<std::size_t> key_columns;
  /// Puts the key of a row as text into its argument.
  std::function<void(const ColumnBatch& batch, std::size_t row, std::string& out)> key_text;
};

enum class AlertChange { kRaised, kUpdated, kCleared };

struct AlertRecord {
  std::string_view key;
  AlertChange change;
  /// When the change happened, in event time.
  Micros at;
  /// Since when the condition held (raised only).
  std::optional<Micros> since;
  /// When the alert had been raised (not of kRaised).
  std::optional<Micros> raised_at;
  AlertSeverityLevel severity = AlertSeverityLevel::kNone;
  std::string_view text;
};

/// alert, key, change, at, since, raised_at, severity, text.
const Schema& alert_record_schema();

class AlertOutput {
 public:
  explicit AlertOutput(const AlertIdentity& identity);

  void add(const AlertRecord& record, ClockId clock);
  void flush(Emitter& out);

 private:
  const std::string name_;
  const AlertSeverityLevel severity_;
  BatchBuilder rows_;
  bool empty_ = true;
};

/// The text of row `row`.
std::string render_text(const std::vector<AlertIdentity::TextPiece>& text,
                        const ColumnBatch& batch, std::size_t row);

}  // namespace sitrep
