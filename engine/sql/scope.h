// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the names in an expression may mean: the columns of an input, or of a grouped row. An
// ExpressionBinder asks its scope about every node first, so that a scope can take a whole node for
// itself (a GROUP BY expression, an aggregate). Thread-compatible.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/sql/input_row.h"
#include "engine/sql/operand.h"
#include "engine/sql/parse_tree.h"

namespace sitrep::sql {

class Scope {
 public:
  virtual ~Scope() = default;

  struct Answer {
    /// Whether the node is the scope's; if so and there is no operand, a diagnostic was given.
    bool taken = false;
    std::optional<Operand> operand;
  };
  /// Called for each node before it is bound.
  virtual Answer take(const Json& node) = 0;
  /// Binds a column name, qualified or not.
  virtual std::optional<Operand> column(const std::vector<std::string>& parts,
                                        std::size_t position) = 0;
  /// Why there can be no aggregate here, as a sentence.
  virtual std::string no_aggregate(std::string_view function) const = 0;
};

/// The columns of an input row.
class InputScope final : public Scope {
 public:
  /// `row` outlives the scope; `no_aggregate` says what to do instead of an aggregate.
  InputScope(const InputRow& row, std::string no_aggregate, Diagnostics& diagnostics);

  Answer take(const Json&) override { return {}; }
  std::optional<Operand> column(const std::vector<std::string>& parts,
                                std::size_t position) override;
  std::string no_aggregate(std::string_view function) const override;

  /// Index of the column, or nothing with a diagnostic.
  std::optional<std::size_t> find(const std::vector<std::string>& parts, std::size_t position);
  const InputRow& row() const { return row_; }
  /// The shape of `node` (shape_of) in which a column is the same however it is qualified.
  Json shape(const Json& node) const;

 private:
  const InputRow& row_;
  std::string no_aggregate_;
  Diagnostics& diagnostics_;
};

/// "; did you mean 'speed'?", or the known names when none is near.
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace sitrep::sql
