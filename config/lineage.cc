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
  if (!select.grouping) return projection.column;
  const auto& keys = select.grouping->key_columns;
  return projection.column < keys.size() ? keys[projection.column] : std::nullopt;
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
