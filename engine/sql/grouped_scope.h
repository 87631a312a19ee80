// SPDX-License-Identifier: Apache-2.0
#pragma once
// The scope of SELECT and HAVING under a GROUP BY: the group's expressions, window_start,
// window_end and aggregates, as columns of the grouped row (see Grouping). Collects the aggregates
// it meets, each distinct one once. Thread-compatible.

#include <string>
#include <string_view>
#include <vector>

#include "engine/sql/query.h"
#include "engine/sql/scope.h"

namespace sitrep::sql {

class GroupedScope final : public Scope {
 public:
  /// `input` has the columns that aggregates read; `grouping` has its keys and window already and
  /// gets the aggregates. `key_shapes` are the shapes of the keys as written (see InputScope).
  GroupedScope(std::string_view text, InputScope& input, const FunctionRegistry& functions,
               std::vector<Json> key_shapes, Grouping& grouping, Diagnostics& diagnostics);

  Answer take(const Json& node) override;
  std::optional<Operand> column(const std::vector<std::string>& parts,
                                std::size_t position) override;
  std::string no_aggregate(std::string_view function) const override;

 private:
  std::optional<Operand> bind_aggregate(const AggregateFactory& factory, const Json& node);
  std::optional<AggregateCall> make_aggregate(const AggregateFactory& factory, const Json& node);
  Operand aggregate_column(std::size_t index, std::size_t position) const;

  std::string_view text_;
  InputScope& input_;
  const FunctionRegistry& functions_;
  std::vector<Json> key_shapes_;
  std::vector<Json> aggregate_shapes_;
  Grouping& grouping_;
  Diagnostics& diagnostics_;
};

}  // namespace sitrep::sql
