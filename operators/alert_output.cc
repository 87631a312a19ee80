// SPDX-License-Identifier: Apache-2.0
#include "operators/alert_output.h"

#include <algorithm>
#include <utility>

#include "engine/api/alert_schema.h"
#include "engine/api/raw_bytes.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"
#include "operators/episode_id.h"

namespace sitrep {
namespace {

Value time_or_null(std::optional<Micros> time) { return time ? Value(*time) : Value(Null{}); }

void append_cell(std::string& out, const Column& column, std::size_t row) {
  if (column.is_null(row)) {
    out += "null";
    return;
  }
  switch (column.type()) {
    case Type::kBoolean: append_text(out, column.booleans()[row] != 0); break;
    case Type::kBigint: append_text(out, column.ints()[row]); break;
    case Type::kDouble: append_text(out, column.doubles()[row]); break;
    case Type::kText: out += column.texts()[row]; break;
    case Type::kTimestamp: append_timestamp(out, column.ints()[row]); break;
    case Type::kInterval: out += format_duration(column.ints()[row]); break;
  }
}

std::string_view name_of(AlertChange change) {
  switch (change) {
    case AlertChange::kRaised: return "raised";
    case AlertChange::kUpdated: return "updated";
    case AlertChange::kRenotified: return "renotified";
    case AlertChange::kCleared: return "cleared";
    case AlertChange::kExpired: return "expired";
  }
  ENSURE(false, "unknown change of an alert");
}

/// What render_words made; null where the rule says nothing.
struct Words {
  Value text = std::string();
  Value group = Null{};
  Value advice = Null{};
  Value labels = Null{};
  Value parameters_version = Null{};
};

Words read_words(std::string_view saved) {
  Words out;
  for (Value* const part :
       {&out.text, &out.group, &out.advice, &out.labels, &out.parameters_version}) {
    std::string_view words;
    if (!take_sized(saved, words)) return out;
    // A rule that says nothing leaves nothing.
    if (part == &out.text || !words.empty()) *part = std::string(words);
  }
  return out;
}

bool ends(AlertChange change) {
  return change == AlertChange::kCleared || change == AlertChange::kExpired;
}

}  // namespace

AlertOutput::AlertOutput(const AlertIdentity& identity)
    : job_(identity.job),
      name_(identity.name),
      version_(identity.version),
      severity_(identity.severity),
      renotify_every_(identity.renotify_every),
      expire_after_(identity.expire_after),
      rows_(alert_schema()) {}

void AlertOutput::add(std::string_view key, AlertState& state, const AlertRecord& record,
                      ClockId clock) {
  ++state.revision;
  const bool said = record.severity != AlertSeverityLevel::kNone;
  const bool raised = record.change == AlertChange::kRaised;
  Words words = read_words(record.words);
  if (raised) {
    const auto* const group = std::get_if<std::string>(&words.group);
    state.group = group != nullptr ? *group : std::string();
  }
  const Value cells[] = {episode_id(job_, name_, key, state.raised_at, state.same_instant),
                         std::int64_t{state.revision},
                         name_,
                         state.key_text,
                         state.group.empty() ? Value(Null{}) : Value(state.group),
                         std::string(ends(record.change) ? "cleared" : "active"),
                         std::string(name_of(record.change)),
                         record.at,
                         time_or_null(raised ? std::optional(state.since) : std::nullopt),
                         time_or_null(raised ? std::nullopt : std::optional(state.raised_at)),
                         std::string(to_string(said ? record.severity : severity_)),
                         std::move(words.text),
                         std::move(words.advice),
                         std::move(words.labels),
                         record.cause.empty() ? Value(Null{}) : Value(std::string(record.cause)),
                         Null{},
                         version_,
                         std::move(words.parameters_version)};
  rows_.row(cells, record.at, record.at, clock);
  empty_ = false;
  if (ends(record.change)) {
    state.told.clear();
  } else if (renotify_every_ || expire_after_) {
    state.told = record.words;
  }
}

std::optional<Micros> AlertOutput::expires_at(const AlertState& state) const {
  if (!expire_after_) return std::nullopt;
  return state.raised_at + *expire_after_;
}

std::optional<Micros> AlertOutput::next_reminder(const AlertState& state) const {
  if (!state.is_up()) return std::nullopt;
  std::optional<Micros> next = expires_at(state);
  if (renotify_every_) {
    const Micros again = state.reminded_at + *renotify_every_;
    next = std::min(next.value_or(again), again);
  }
  return next;
}

void AlertOutput::remind(std::string_view key, AlertState& state, Micros at, ClockId clock,
                         std::string_view cause) {
  const bool over = expires_at(state) == at;
  const std::string words = state.told;
  add(key, state,
      {.change = over ? AlertChange::kExpired : AlertChange::kRenotified,
       .at = at,
       .severity = state.severity,
       .words = words,
       .cause = cause},
      clock);
  state.reminded_at = at;
  if (!over) return;
  state.phase = AlertState::Phase::kNormal;
  state.severity = AlertSeverityLevel::kNone;
  state.words.clear();
}

void AlertOutput::flush(Emitter& out) {
  if (empty_) return;
  empty_ = true;
  out.emit(rows_.finish());
}

std::string render_words(const AlertIdentity& identity, const ColumnBatch& batch,
                         std::size_t row) {
  std::string out;
  append_sized(out, render_text(identity.text, batch, row));
  const auto& since = identity.parameters_since;
  if (identity.group.empty() && identity.advice.empty() && !identity.labels && !since) return out;
  // What belongs to nothing known belongs to nothing.
  const bool has_group = std::ranges::none_of(
      identity.group, [&](const AlertIdentity::TextPiece& piece) {
        return piece.column && batch.column(*piece.column).is_null(row);
      });
  append_sized(out, has_group ? render_text(identity.group, batch, row) : std::string());
  append_sized(out, render_text(identity.advice, batch, row));
  std::string labels;
  if (identity.labels) identity.labels(batch, row, labels);
  append_sized(out, labels);
  if (!since) return out;
  std::string version;
  if (!batch.column(*since).is_null(row)) append_cell(version, batch.column(*since), row);
  append_sized(out, version);
  return out;
}

std::string render_text(const std::vector<AlertIdentity::TextPiece>& text,
                        const ColumnBatch& batch, std::size_t row) {
  std::string out;
  for (const AlertIdentity::TextPiece& piece : text) {
    if (piece.column) {
      append_cell(out, batch.column(*piece.column), row);
    } else {
      out += piece.literal;
    }
  }
  return out;
}

}  // namespace sitrep
