// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "config/job_binding.h"
#include "config/stream_order.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

std::vector<std::size_t> columns_of_input(const sql::Select& select) {
  std::vector<std::size_t> columns;
  visit_input_expressions(select, [&](const sql::ExpressionPtr& expression) {
    const std::vector<std::size_t> read = sql::columns_read(*expression);
    columns.insert(columns.end(), read.begin(), read.end());
  });
  for (const sql::TableJoin& join : select.joins) {
    columns.insert(columns.end(), join.keys.begin(), join.keys.end());
  }
  return columns;
}

/// Input columns that GROUP BY holds as they are.
std::vector<std::size_t> grouped_columns(const sql::Select& select) {
  std::vector<std::size_t> columns;
  for (const auto& column : select.grouping->key_columns) {
    if (column) columns.push_back(original_column(select, *column));
  }
  return columns;
}

/// The columns that a SELECT over these inputs and tables sees.
Schema row_of(const sql::Select& select, Schema input,
              const std::map<std::string, sql::TableShape, std::less<>>& tables) {
  for (const sql::TableJoin& join : select.joins) {
    const Schema& table = tables.at(join.table).schema;
    input.fields.insert(input.fields.end(), table.fields.begin(), table.fields.end());
  }
  return input;
}

std::optional<std::string> first_repeated(const Schema& schema) {
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (*schema.find(schema.fields[i].name) != i) return schema.fields[i].name;
  }
  return std::nullopt;
}

}  // namespace

void JobBinding::bind_streams() {
  const StreamOrder order = order_streams(spec_.streams, errors_);
  for (const StreamSpec& stream : spec_.streams) failed_.insert(stream.name.value);
  for (const std::size_t position : order.order) {
    const StreamSpec& spec = spec_.streams[position];
    const auto& reads = order.reads[position];
    if (std::any_of(reads.begin(), reads.end(),
                    [&](std::size_t input) { return failed(spec_.streams[input].name.value); })) {
      continue;
    }
    if (auto stream = bind_stream(spec)) {
      streams_.push_back(*std::move(stream));
      failed_.erase(spec.name.value);
    }
  }
}

std::optional<BoundStream> JobBinding::bind_stream(const StreamSpec& spec) {
  const std::string_view texts[] = {spec.sql.value};
  std::map<std::string, Schema, std::less<>> schemas;
  for (const std::string& name : names()) {
    if (const auto input = find(name)) schemas.emplace(name, visible(*input, texts));
  }
  const sql::Catalog catalog = [&](std::string_view name) -> const Schema* {
    const auto found = schemas.find(name);
    return found == schemas.end() ? nullptr : &found->second;
  };
  std::map<std::string, sql::TableShape, std::less<>> tables;
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    if (auto shape = table_shape(i, texts)) {
      tables.emplace(tables_[i].source().name.value, *std::move(shape));
    }
  }
  const std::vector<std::string> known = names();
  sql::Diagnostics diagnostics;
  auto query = sql::bind_query(spec.sql.value,
                               {.catalog = catalog,
                                .known_streams = known,
                                .functions = functions_,
                                .tables =
                                    [&](std::string_view name) {
                                      const auto found = tables.find(name);
                                      return found == tables.end() ? nullptr : &found->second;
                                    },
                                .known_tables = table_names()},
                               diagnostics);
  if (!query) {
    complain(spec.sql, diagnostics);
    return std::nullopt;
  }
  BoundStream stream;
  stream.spec = &spec;
  stream.plan.name = spec.name.value;
  stream.plan.place = spec.name.place;
  stream.plan.output = query->output;
  stream.plan.query = *std::move(query);
  bool good = true;
  for (std::size_t i = 0; i < stream.plan.query.branches.size(); ++i) {
    const sql::Select& select = stream.plan.query.branches[i];
    good = add_branch_of(stream, i, row_of(select, schemas.at(select.from), tables)) && good;
  }
  good = plan_late(stream) && good;
  if (const auto repeated = first_repeated(stream.plan.output)) {
    errors_.add(spec.sql.place_of(0), concat("two columns are called '", *repeated,
                                             "'; name one of them with AS"));
    good = false;
  }
  if (const auto complaint = union_complaint(stream.lineage)) {
    errors_.add(spec.sql.place_of(0), *complaint);
    good = false;
  }
  stream.plan.sinks = plan_sinks(spec.to, stream.plan.output);
  if (!good) return std::nullopt;
  return stream;
}

bool JobBinding::add_branch_of(BoundStream& stream, std::size_t branch, const Schema& row) {
  const sql::Select& select = stream.plan.query.branches[branch];
  const auto input = find(select.from);
  ENSURE(input, "the binder reads what the catalog gave");
  stream.plan.inputs.push_back(*input);
  const Lineage before = lineage(*input, row);
  const bool joined = bind_joins_of(stream, branch, row, before);
  need_columns_of(stream, branch, columns_of_input(select));
  auto& cut = stream.plan.cuts.emplace_back();
  if (!select.grouping) {
    add_branch(select_lineage(select, before), stream.lineage);
    return joined;
  }
  const std::vector<std::size_t> columns = grouped_columns(select);
  if (needs_cut(before, columns)) {
    const bool alone = stream.plan.query.branches.size() == 1;
    cut = add_cut(alone ? stream.plan.name : concat(stream.plan.name, "-", branch + 1), *input);
  }
  add_branch(cut ? grouped_lineage(select, before) : select_lineage(select, before),
             stream.lineage);
  const auto complaint = clock_complaint(before, columns, "GROUP BY");
  if (complaint) {
    errors_.add(stream.spec->sql.place_of(select.group_position), *complaint);
  }
  return joined && !complaint;
}

bool JobBinding::plan_late(BoundStream& stream) {
  const LateSpec& late = stream.spec->late;
  const auto& branches = stream.plan.query.branches;
  const bool grouped =
      std::any_of(branches.begin(), branches.end(),
                  [](const sql::Select& select) { return select.grouping.has_value(); });
  if (!grouped) {
    if (late.given) errors_.add(late.place, "'late': a stream without windows has no late rows");
    return !late.given;
  }
  stream.plan.late = {.policy = late.policy,
                      .topic = late.topic.value,
                      .allowed_lateness = late.allowed_lateness};
  if (late.policy == LatePolicy::kUpdate) {
    if (branches.size() > 1) {
      errors_.add(late.place, "'late': only a single SELECT can update its windows, no UNION ALL");
      return false;
    }
    stream.plan.output.fields.push_back({"revision", Type::kBigint});
  }
  if (late.policy == LatePolicy::kDrop) return true;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    if (branches[i].grouping) need_whole_rows(stream.plan.inputs[i]);
  }
  return true;
}

}  // namespace sitrep
