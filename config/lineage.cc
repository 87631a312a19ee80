// SPDX-License-Identifier: Apache-2.0
#include "config/lineage.h"

#include <algorithm>

#include "engine/base/text.h"

namespace sitrep {
namespace {

using Carried = SourceTrace::Carried;

/// The input column that output column `projection` passes on as it is.
std::optional<std::size_t> passed_on(const sql::Select& select,
                                     const sql::Expression& projection) {
  if (projection.kind != sql::ExpressionKind::kColumn) return std::nullopt;
  if (!select.grouping) return original_column(select, projection.column);
  const auto& keys = select.grouping->key_columns;
  if (projection.column >= keys.size() || !keys[projection.column]) return std::nullopt;
  return original_column(select, *keys[projection.column]);
}

Carried follow(const Carried& carried, const sql::Select& select) {
  Carried next{.name = carried.name, .position = std::nullopt};
  if (!carried.position) return next;
  for (std::size_t i = 0; i < select.projections.size(); ++i) {
    if (passed_on(select, *select.projections[i]) != carried.position) continue;
    next.position = i;
    break;
  }
  return next;
}

bool holds(const std::vector<std::size_t>& columns, const Carried& carried) {
  return carried.position &&
         std::find(columns.begin(), columns.end(), *carried.position) != columns.end();
}

bool same_positions(const std::vector<Carried>& a, const std::vector<Carried>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Carried& x, const Carried& y) {
    return x.position == y.position;
  });
}

/// The output column that is key `key` of a grouped select.
std::optional<std::size_t> position_of_key(const sql::Select& select, std::size_t key) {
  for (std::size_t i = 0; i < select.projections.size(); ++i) {
    const sql::Expression& projection = *select.projections[i];
    if (projection.kind == sql::ExpressionKind::kColumn && projection.column == key) return i;
  }
  return std::nullopt;
}

}  // namespace

Lineage source_lineage(const SourceSpec& source, const Schema& schema) {
  const auto carried = [&](const PlacedText& name) {
    return Carried{.name = name.value, .position = schema.find(name.value)};
  };
  SourceTrace trace;
  trace.source = source.name.value;
  if (source.partitioned_by) {
    trace.partition.emplace();
    for (const PlacedText& name : *source.partitioned_by) {
      trace.partition->push_back(carried(name));
    }
  }
  if (source.time.clock_per) trace.clock = carried(*source.time.clock_per);
  return {trace};
}

std::size_t original_column(const sql::Select& select, std::size_t column) {
  // Backwards: the key of a table may be compared with a column of a table before it.
  for (auto join = select.joins.rbegin(); join != select.joins.rend(); ++join) {
    if (join->keeps_unmatched) continue;
    const auto key = std::find(join->table_keys.begin(), join->table_keys.end(), column);
    if (key == join->table_keys.end()) continue;
    column = join->keys[static_cast<std::size_t>(key - join->table_keys.begin())];
  }
  return column;
}

Lineage select_lineage(const sql::Select& select, const Lineage& input) {
  Lineage output = input;
  for (SourceTrace& trace : output) {
    if (trace.partition) {
      for (Carried& carried : *trace.partition) carried = follow(carried, select);
    }
    if (trace.clock) trace.clock = follow(*trace.clock, select);
  }
  return output;
}

Lineage grouped_lineage(const sql::Select& select, const Lineage& input) {
  std::vector<Carried> keys;
  for (std::size_t key = 0; key < select.grouping->keys.size(); ++key) {
    keys.push_back({.name = concat("key ", key + 1), .position = position_of_key(select, key)});
  }
  std::size_t cuts = 0;
  for (const SourceTrace& trace : input) cuts = std::max(cuts, trace.cuts + 1);
  Lineage output;
  for (SourceTrace trace : input) {
    trace.cuts = cuts;
    trace.partition = keys;
    if (trace.clock) trace.clock = follow(*trace.clock, select);
    add_branch({trace}, output);
  }
  return output;
}

void add_branch(const Lineage& branch, Lineage& all) {
  for (const SourceTrace& trace : branch) {
    if (std::find(all.begin(), all.end(), trace) == all.end()) all.push_back(trace);
  }
}

bool needs_cut(const Lineage& lineage, const std::vector<std::size_t>& columns) {
  const SourceTrace& first = lineage.front();
  return std::ranges::any_of(lineage, [&](const SourceTrace& trace) {
    return !trace.partition || trace.cuts != first.cuts ||
           !std::ranges::all_of(*trace.partition,
                                [&](const Carried& carried) { return holds(columns, carried); }) ||
           !same_positions(*trace.partition, *first.partition);
  });
}

std::optional<std::string> clock_complaint(const Lineage& lineage,
                                           const std::vector<std::size_t>& columns,
                                           std::string_view clause) {
  for (const SourceTrace& trace : lineage) {
    if (!trace.clock || holds(columns, *trace.clock)) continue;
    return concat(clause, " leaves out ", trace.clock->name, ", whose values have a clock each (",
                  "'clock: {per: ", trace.clock->name, "}' of source '", trace.source, "')");
  }
  return std::nullopt;
}

std::optional<std::size_t> clock_column(const Lineage& lineage) {
  const auto& clock = lineage.front().clock;
  if (!clock || !std::ranges::all_of(lineage, [&](const SourceTrace& trace) {
        return trace.clock && trace.clock->position == clock->position;
      })) {
    return std::nullopt;
  }
  return clock->position;
}

std::optional<std::string> join_complaint(const Lineage& lineage,
                                          const std::vector<std::size_t>& columns,
                                          const Schema& row, std::string_view table) {
  std::vector<std::string> names;
  for (const std::size_t column : columns) names.push_back(row.fields[column].name);
  for (const SourceTrace& trace : lineage) {
    if (trace.cuts > 0) {
      return concat("JOIN ", table, ": the rows were re-keyed, so a row and its table row would be "
                    "in different partitions; say 'broadcast: true' in table '", table, "'");
    }
    if (!trace.partition) {
      return concat("JOIN ", table, ": a row and its table row must be in one partition; declare "
                    "'partitioned_by' in source '", trace.source, "', or say 'broadcast: true' in "
                    "table '", table, "'");
    }
    const bool all_joined =
        std::all_of(trace.partition->begin(), trace.partition->end(),
                    [&](const Carried& carried) { return holds(columns, carried); });
    if (all_joined && trace.partition->size() == columns.size()) continue;
    std::vector<std::string> partition;
    for (const Carried& carried : *trace.partition) partition.push_back(carried.name);
    return concat("JOIN ", table, " is by ", join(names, ", "), ", and source '", trace.source,
                  "' is partitioned ",
                  partition.empty() ? "by no column" : concat("by ", join(partition, ", ")),
                  ": a row and its table row would be in different partitions; say 'broadcast: "
                  "true' in table '", table, "'");
  }
  return std::nullopt;
}

std::optional<std::string> union_complaint(const Lineage& lineage) {
  const auto clock_of = [](const SourceTrace& trace) {
    return trace.clock ? concat("a clock per ", trace.clock->name) : "a clock per partition";
  };
  const SourceTrace& first = lineage.front();
  for (const SourceTrace& trace : lineage) {
    if (trace.clock.has_value() == first.clock.has_value()) continue;
    return concat("UNION ALL of inputs with different clocks: source '", first.source, "' has ",
                  clock_of(first), ", source '", trace.source, "' has ", clock_of(trace));
  }
  return std::nullopt;
}

}  // namespace sitrep
