// SPDX-License-Identifier: Apache-2.0
#pragma once
// Alert records on their way out: one row per change of an alert. And the text template that a
// record's text is made from. Used only by its worker.

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

  std::string job;
  std::string name;
  /// What the rule was when a record was written: rule_version of config.
  std::string version;
  /// Of every record that does not say another.
  AlertSeverityLevel severity = AlertSeverityLevel::kWarning;
  std::vector<TextPiece> text;
  /// What to do, and what the alert belongs to; empty: the rule does not say.
  std::vector<TextPiece> advice;
  std::vector<TextPiece> group;
  /// Puts the labels of a row, as the text of a JSON object, into its argument. Null: none.
  std::function<void(const ColumnBatch& batch, std::size_t row, std::string& out)> labels;
  /// The input column that says from when the row's parameters hold; absent: it has none.
  std::optional<std::size_t> parameters_since;
  /// An alert that is up is told of again so often, and given up after so long, counted from its
  /// raise in event time. Nothing: never.
  std::optional<Micros> renotify_every;
  std::optional<Micros> expire_after;
  /// Columns of the input that tell one thing watched from another.
  std::vector<std::size_t> key_columns;
  /// Puts the key of a row as text into its argument.
  std::function<void(const ColumnBatch& batch, std::size_t row, std::string& out)> key_text;
};

enum class AlertChange { kRaised, kUpdated, kRenotified, kCleared, kExpired };

struct AlertRecord {
  AlertChange change;
  /// When the change happened, in event time.
  Micros at;
  AlertSeverityLevel severity = AlertSeverityLevel::kNone;
  /// As render_words makes them.
  std::string_view words;
  /// What kind of thing raised it; empty: its condition, which the rule says.
  std::string_view cause = {};
};

class AlertOutput {
 public:
  explicit AlertOutput(const AlertIdentity& identity);

  /// A record of the episode that `state` is in, of the group key `key`: its next revision.
  void add(std::string_view key, AlertState& state, const AlertRecord& record, ClockId clock);
  /// When an episode is to be told of next although nothing changed; nothing when it is not up.
  std::optional<Micros> next_reminder(const AlertState& state) const;
  /// The record of that instant; an episode that expires is over.
  void remind(std::string_view key, AlertState& state, Micros at, ClockId clock,
              std::string_view cause = {});
  void flush(Emitter& out);

 private:
  std::optional<Micros> expires_at(const AlertState& state) const;

  const std::string job_;
  const std::string name_;
  const std::string version_;
  const AlertSeverityLevel severity_;
  const std::optional<Micros> renotify_every_;
  const std::optional<Micros> expire_after_;
  BatchBuilder rows_;
  bool empty_ = true;
};

/// What a person is told of a row, as it is kept until a record says it: the text, then, where the
/// rule has any of them, group, advice, labels and, where it has parameters, the time since which
/// they hold (RFC 3339); each behind its length (4 bytes little endian).
std::string render_words(const AlertIdentity& identity, const ColumnBatch& batch, std::size_t row);

/// A template with the cells of row `row`.
std::string render_text(const std::vector<AlertIdentity::TextPiece>& text,
                        const ColumnBatch& batch, std::size_t row);

}  // namespace sitrep
