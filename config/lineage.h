// SPDX-License-Identifier: Apache-2.0
#pragma once
// Follows two things from the sources through the streams: the columns that decide in which
// partition a row is, and the columns whose values have a clock each. The rows of a group are in
// one task only if GROUP BY (or an alert's key) holds all of the former; else they go through a cut
// (decision 0007). It has one clock only if it holds the latter; what leaves that out is refused.
// Thread-compatible.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/job_spec.h"
#include "engine/sql/query.h"

namespace sitrep {

/// What one source left behind in a stream's columns.
struct SourceTrace {
  struct Carried {
    /// Name of the column in the source.
    std::string name;
    /// Where it stands now; absent when it was not passed on.
    std::optional<std::size_t> position;

    friend bool operator==(const Carried&, const Carried&) = default;
  };
  std::string source;
  /// How many cuts the rows went through. What producers outside put where, and what we do, is not
  /// the same partition for the same key.
  std::size_t cuts = 0;
  /// Absent when the source does not say how it is partitioned.
  std::optional<std::vector<Carried>> partition;
  /// Absent when the source has one clock per partition.
  std::optional<Carried> clock;

  friend bool operator==(const SourceTrace&, const SourceTrace&) = default;
};

/// Of a source or stream: one trace per source that its rows come from.
using Lineage = std::vector<SourceTrace>;

/// Of a source whose columns stand as in `schema`.
Lineage source_lineage(const SourceSpec& source, const Schema& schema);
/// The column of the stream that an inner join makes equal to `column` of what `select` reads; the
/// column itself when there is none.
std::size_t original_column(const sql::Select& select, std::size_t column);
/// Of the output of `select`, which reads rows of `input`.
Lineage select_lineage(const sql::Select& select, const Lineage& input);
/// The same of a `select` with a grouping whose groups met behind a cut: they are partitioned by
/// all of the group's keys.
Lineage grouped_lineage(const sql::Select& select, const Lineage& input);
/// Adds `branch` to a UNION ALL's lineage.
void add_branch(const Lineage& branch, Lineage& all);

/// Whether rows with the same `columns` may be in several tasks.
bool needs_cut(const Lineage& lineage, const std::vector<std::size_t>& columns);
/// Why rows grouped by `columns` would not each be under one clock; nothing when they are.
/// `clause`: what to call the grouping, "GROUP BY" or "'key'".
std::optional<std::string> clock_complaint(const Lineage& lineage,
                                           const std::vector<std::size_t>& columns,
                                           std::string_view clause);
/// The column whose values have a clock each; nothing when partitions have them, or when the
/// sources do not agree.
std::optional<std::size_t> clock_column(const Lineage& lineage);
/// Why rows joined with `table` by `columns` of `row` would not meet its rows in one task; nothing
/// when they do.
std::optional<std::string> join_complaint(const Lineage& lineage,
                                          const std::vector<std::size_t>& columns,
                                          const Schema& row, std::string_view table);
/// Why two inputs of one UNION ALL do not go together; nothing when they do.
std::optional<std::string> union_complaint(const Lineage& lineage);

}  // namespace sitrep
