// SPDX-License-Identifier: Apache-2.0
#pragma once
// The columns that a source can give, and which of them the job needs: what nobody reads is never
// decoded. A source has its declared columns and, behind them, _key, _timestamp, _partition and
// _offset, which a text sees only if it names them (`*` never means them). Refers to the
// SourceSpec. Thread-compatible.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/error_list.h"
#include "config/job_spec.h"
#include "config/plan_job.h"

namespace sitrep {

class SourceColumns {
 public:
  /// `noun`: what messages call it, "source" or "table".
  explicit SourceColumns(const SourceSpec& source, std::string_view noun = "source");

  const SourceSpec& source() const { return source_; }
  /// Null when there is no such column.
  const ColumnSpec* find(std::string_view name) const;
  /// The schema that these texts (SQL, conditions, names) see.
  Schema visible_to(std::span<const std::string_view> texts) const;

  /// Checks `time`, `clock` and `partitioned_by` against the columns; marks them as needed. The
  /// event time becomes required.
  void check(bool log_has_timestamps, ErrorList& errors);
  /// Checks the key of a table; its columns become required.
  void check_key(const std::vector<PlacedText>& key, ErrorList& errors);
  void need(std::string_view name);
  /// A reader may send whole rows aside when they are late.
  void need_declared();
  /// The source with its needed columns. Only after check() without complaint.
  SourcePlan plan() const;

 private:
  void check_time(bool log_has_timestamps, ErrorList& errors);
  void check_clock(ErrorList& errors);
  /// Null after a complaint.
  ColumnSpec* expect_column(const PlacedText& name, std::string_view what, ErrorList& errors);
  std::vector<std::string> names() const;

  const SourceSpec& source_;
  std::string_view noun_;
  std::vector<ColumnSpec> columns_;
  std::vector<bool> needed_;
};

}  // namespace sitrep
