// SPDX-License-Identifier: Apache-2.0
// What a job binding does with tables: which there are, what SQL sees of them, and whether a join
// brings rows and table rows together.
#include <algorithm>

#include "config/job_binding.h"
#include "config/map_reader.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

Schema slice_of(const Schema& schema, std::size_t from, std::size_t to) {
  Schema out;
  out.fields.assign(schema.fields.begin() + static_cast<std::ptrdiff_t>(from),
                    schema.fields.begin() + static_cast<std::ptrdiff_t>(to));
  return out;
}

}  // namespace

void JobBinding::bind_tables() {
  for (const TableSpec& table : spec_.tables) {
    SourceColumns& columns = tables_.emplace_back(table.source, "table");
    // Rows of a file without a time of their own have one that is before all others.
    columns.check(spec_.kafka.has_value() || table.file, errors_);
    columns.check_key(table.key, errors_);
    // Whatever a query reads of it later, the versions that are kept have it.
    columns.need_declared();
  }
}

std::optional<std::size_t> JobBinding::find_table(std::string_view name) const {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (tables_[i].source().name == name) return i;
  }
  return std::nullopt;
}

std::vector<std::string> JobBinding::table_names() const {
  std::vector<std::string> names;
  for (const TableSpec& table : spec_.tables) names.push_back(table.source.name.value);
  return names;
}

/// Nothing when a column of its key is not there, which was complained about.
std::optional<sql::TableShape> JobBinding::table_shape(
    std::size_t table, std::span<const std::string_view> texts) const {
  sql::TableShape shape{.schema = tables_[table].visible_to(texts), .key = {}};
  for (const PlacedText& name : spec_.tables[table].key) {
    const auto column = shape.schema.find(name.value);
    if (!column) return std::nullopt;
    shape.key.push_back(*column);
  }
  return shape;
}

bool JobBinding::bind_joins_of(BoundStream& stream, std::size_t branch, const Schema& row,
                               const Lineage& lineage) {
  const sql::Select& select = stream.plan.query.branches[branch];
  std::vector<Schema>& parts = stream.parts.emplace_back();
  std::vector<std::size_t>& tables = stream.plan.tables.emplace_back();
  std::size_t from = 0;
  bool good = true;
  for (const sql::TableJoin& join : select.joins) {
    parts.push_back(slice_of(row, from, join.first_column));
    from = join.first_column;
    const auto table = find_table(join.table);
    ENSURE(table, "the binder joins what the catalog gave");
    tables.push_back(*table);
    if (spec_.tables[*table].broadcast) continue;
    std::vector<std::size_t> columns;
    for (const std::size_t column : join.keys) columns.push_back(original_column(select, column));
    const auto complaint = join_complaint(lineage, columns, row, join.table);
    if (complaint) errors_.add(stream.spec->sql.place_of(join.position), *complaint);
    good = good && !complaint;
  }
  parts.push_back(slice_of(row, from, row.size()));
  return good;
}

void JobBinding::need_columns_of(const BoundStream& stream, std::size_t branch,
                                 const std::vector<std::size_t>& columns) {
  const std::vector<Schema>& parts = stream.parts[branch];
  std::vector<std::size_t> of_stream;
  for (std::size_t column : columns) {
    std::size_t part = 0;
    for (; column >= parts[part].size(); ++part) column -= parts[part].size();
    if (part == 0) {
      of_stream.push_back(column);
    } else {
      tables_[stream.plan.tables[branch][part - 1]].need(parts[part].fields[column].name);
    }
  }
  need(stream.plan.inputs[branch], parts.front(), of_stream);
}

}  // namespace sitrep
