// SPDX-License-Identifier: Apache-2.0
#include "config/assemble_alert.h"

#include <utility>
#include <vector>

#include "connectors/formats/json_text.h"
#include "connectors/formats/key_encoder.h"
#include "operators/alert_rule.h"
#include "operators/silence_rule.h"

namespace sitrep {
namespace {

using Pieces = std::vector<AlertIdentity::TextPiece>;

Pieces pieces_of(const TextTemplate& text) {
  Pieces out;
  for (const TextTemplate::Piece& piece : text.pieces) {
    out.push_back({.literal = piece.literal, .column = piece.column});
  }
  return out;
}

/// A JSON object of the labels, in the order of the job file.
auto labels_of(const AlertPlan& alert) {
  std::vector<std::pair<std::string, Pieces>> labels;
  for (const auto& [name, label] : alert.labels) labels.emplace_back(name, pieces_of(label));
  return [labels = std::move(labels)](const ColumnBatch& batch, std::size_t row,
                                      std::string& out) {
    out.assign(1, '{');
    for (const auto& [name, label] : labels) {
      if (out.size() > 1) out += ',';
      append_json_string(out, name);
      out += ':';
      append_json_string(out, render_text(label, batch, row));
    }
    out += '}';
  };
}

AlertIdentity identity_of(const std::string& job, const AlertPlan& alert) {
  AlertIdentity identity{.job = job,
                         .name = alert.name,
                         .severity = severity_of(to_string(alert.severity)),
                         .text = pieces_of(alert.text),
                         .advice = pieces_of(alert.advice.value_or(TextTemplate())),
                         .group = pieces_of(alert.group.value_or(TextTemplate())),
                         .labels = {},
                         .renotify_every = alert.renotify_every,
                         .expire_after = alert.expire_after,
                         .key_columns = alert.key,
                         .key_text = {}};
  if (!alert.labels.empty()) identity.labels = labels_of(alert);
  identity.key_text = [columns = alert.key](const ColumnBatch& batch, std::size_t row,
                                            std::string& out) {
    std::string scratch;
    out = encode_key(batch, row, columns, TimestampStyle::kRfc3339, scratch).value_or("");
  };
  return identity;
}

}  // namespace

std::function<std::unique_ptr<Operator>()> alert_operator(const std::string& job,
                                                          const AlertPlan& alert) {
  const AlertIdentity identity = identity_of(job, alert);
  if (alert.silent_after) {
    return [options = SilenceRule::Options{.identity = identity,
                                           .silent_after = *alert.silent_after}] {
      return std::make_unique<SilenceRule>(options);
    };
  }
  return [options = AlertRule::Options{
              .identity = identity,
              .raise = alert.raise,
              .clear = alert.clear,
              .severity = alert.severity_of_row,
              .hold_for = alert.hold_for,
              .clear_for = alert.clear_for,
              .order = alert.order == AlertOrder::kEvent ? AlertRule::Order::kEvent
                                                         : AlertRule::Order::kArrival,
              .emit_late = alert.late.policy != LatePolicy::kDrop}] {
    return std::make_unique<AlertRule>(options);
  };
}

}  // namespace sitrep
