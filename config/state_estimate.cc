// SPDX-License-Identifier: Apache-2.0
#include "config/state_estimate.h"

namespace sitrep {
namespace {

/// "2026-03-01T08:00:00.000000Z" behind its length: parameters_version.
constexpr std::size_t kVersionBytes = 31;

/// As in the key of a state table: a null byte and the value.
std::size_t key_bytes(Type type) {
  switch (type) {
    case Type::kText: return 5 + kTextBytes;
    case Type::kBoolean: return 2;
    default: return 9;
  }
}

}  // namespace

std::size_t accumulator_bytes(const sql::Grouping& grouping) {
  std::size_t bytes = 0;
  for (const sql::AggregateCall& aggregate : grouping.aggregates) {
    bytes += (aggregate.function->accumulator_bytes() + 7) / 8 * 8;
  }
  return bytes;
}

std::size_t group_bytes(const sql::Grouping& grouping) {
  std::size_t bytes = kRowOverheadBytes + accumulator_bytes(grouping);
  for (const sql::ExpressionPtr& key : grouping.keys) bytes += key_bytes(key->type);
  return bytes;
}

std::size_t open_panes(const sql::Window& window) {
  return static_cast<std::size_t>(window.width / window.slide);
}

std::size_t alert_key_bytes(const AlertPlan& alert, const Schema& row) {
  std::size_t bytes = kRowOverheadBytes + kAlertRowBytes;
  for (const std::size_t column : alert.key) bytes += 2 * key_bytes(row.fields[column].type);
  if (!alert.history.empty()) {
    bytes += kRowOverheadBytes + kHistoryRowBytes + alert.history.size() * kCallMemoryBytes;
    for (const std::size_t column : alert.key) bytes += key_bytes(row.fields[column].type);
  }
  if (alert.parameters) bytes += kVersionBytes;
  visit_templates(alert, [&](const TextTemplate& text) {
    for (const TextTemplate::Piece& piece : text.pieces) {
      bytes += piece.literal.empty() ? kTextBytes : piece.literal.size();
    }
  });
  return bytes;
}

}  // namespace sitrep
