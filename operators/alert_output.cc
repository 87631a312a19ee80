// SPDX-License-Identifier: Apache-2.0
#include "operators/alert_output.h"

#include "engine/base/ensure.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"

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
    case AlertChange::kCleared: return "cleared";
  }
  ENSURE(false, "unknown change of an alert");
}

}  // namespace

const Schema& alert_record_schema() {
  static const Schema kSchema{{{"alert", Type::kText},
                               {"key", Type::kText},
                               {"change", Type::kText},
                               {"at", Type::kTimestamp},
                               {"since", Type::kTimestamp},
                               {"raised_at", Type::kTimestamp},
                               {"severity", Type::kText},
                               {"text", Type::kText}}};
  return kSchema;
}

AlertOutput::AlertOutput(const AlertIdentity& identity)
    : name_(identity.name), severity_(identity.severity), rows_(alert_record_schema()) {}

void AlertOutput::add(const AlertRecord& record, ClockId clock) {
  const bool said = record.severity != AlertSeverityLevel::kNone;
  const Value cells[] = {name_,
                         std::string(record.key),
                         std::string(name_of(record.change)),
                         record.at,
                         time_or_null(record.since),
                         time_or_null(record.raised_at),
                         std::string(to_string(said ? record.severity : severity_)),
                         std::string(record.text)};
  rows_.row(cells, record.at, record.at, clock);
  empty_ = false;
}

void AlertOutput::flush(Emitter& out) {
  if (empty_) return;
  empty_ = true;
  out.emit(rows_.finish());
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
