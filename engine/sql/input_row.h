// SPDX-License-Identifier: Apache-2.0
#pragma once
// The columns that an expression may name. Thread-compatible.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/schema.h"

namespace sitrep::sql {

/// What a SELECT or an alert reads: the columns of its stream, and behind them those of each table
/// that it joins, with the names under which the SQL knows them.
struct InputRow {
  struct Part {
    /// Name or alias; empty when there is none.
    std::string name;
    std::size_t first = 0;
    std::size_t columns = 0;
  };
  Schema schema;
  std::vector<Part> parts;
  /// A name that is not qualified means the column of the first part that has it, instead of being
  /// refused where several have.
  bool first_part_wins = false;

  /// The columns of one input, without a name.
  static InputRow of(const Schema& columns);
  void add(std::string name, const Schema& columns);
  /// The columns that a name, qualified or not, can mean.
  std::vector<std::size_t> matches(const std::vector<std::string>& parts) const;
  /// The part a column belongs to.
  const Part& part_of(std::size_t column) const;
  /// Null when no part has that name.
  const Part* find_part(std::string_view name) const;
  /// The columns as they are told apart: "limits.max_speed", of a part without a name "speed".
  Schema qualified() const;
};

}  // namespace sitrep::sql
