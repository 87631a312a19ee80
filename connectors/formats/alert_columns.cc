// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/alert_columns.h"

#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

std::size_t position(const Schema& schema, std::string_view name) {
  const auto found = schema.find(name);
  ENSURE(found, concat("an alert record has no column ", name));
  return *found;
}

}  // namespace

AlertColumns::AlertColumns(const Schema& schema)
    : id(position(schema, "id")),
      revision(position(schema, "revision")),
      alert(position(schema, "alert")),
      key(position(schema, "key")),
      group(position(schema, "group")),
      change(position(schema, "change")),
      at(position(schema, "at")),
      since(position(schema, "since")),
      raised_at(position(schema, "raised_at")),
      severity(position(schema, "severity")),
      text(position(schema, "text")),
      advice(position(schema, "advice")),
      labels(position(schema, "labels")) {}

std::string_view text_at(const ColumnBatch& batch, std::size_t column, std::size_t row) {
  const Column& cells = batch.column(column);
  return cells.is_null(row) ? std::string_view() : cells.texts()[row];
}

std::int64_t number_at(const ColumnBatch& batch, std::size_t column, std::size_t row) {
  return batch.column(column).ints()[row];
}

}  // namespace sitrep
