// SPDX-License-Identifier: Apache-2.0
#pragma once
// Alerts as they stand in a topic (docs/job-file.md, Alerts), for whoever shows them. A record is
// an alert's by its columns, whatever topic it is in and whatever further columns it has. Used only
// by its caller.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/log/format.h"
#include "engine/log/record.h"

namespace sitrep {

/// One record. Words are those of the topic; a text that is absent is empty.
struct TopicAlert {
  /// Of the episode, from a raise to its clear.
  std::string id = {};
  /// Of two records with one id the higher is newer; 0: the record does not say.
  std::int64_t revision = 0;
  std::string alert = {};
  /// Of several columns: their texts with commas between them.
  std::string key = {};
  std::string group = {};
  /// active, suppressed, cleared.
  std::string state = {};
  /// raised, updated, renotified, cleared, expired …
  std::string change = {};
  /// Event time of the change.
  Micros at = 0;
  /// Event time of the raise.
  std::optional<Micros> raised_at = {};
  /// info, warning, critical.
  std::string severity = {};
  std::string text = {};
  std::string advice = {};
  /// Who or what suppressed, shelved or acknowledged it.
  std::string by = {};

  bool is_up() const { return state != "cleared"; }
};

/// 0 info, 1 warning, 2 critical; 3 for a word that is none of them: better shown than missed.
int severity_rank(std::string_view severity);

class TopicAlertReader {
 public:
  TopicAlertReader();

  /// The alert that a record tells of: one JSON object that has id, alert, state, change, severity
  /// and at. Nothing for any other record. Times are RFC 3339 texts or milliseconds.
  std::optional<TopicAlert> read(const RecordView& record);

 private:
  std::unique_ptr<Decoder> texts_;
  std::unique_ptr<Decoder> millis_;
  RecordBatch batch_;
};

}  // namespace sitrep
