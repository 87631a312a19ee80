// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the names in an expression may mean: the columns of an input, or of a grouped row. An
// ExpressionBinder asks its scope about every node first, so that a scope can take a whole node for
// itself (a GROUP BY expression, an aggregate). Thread-compatible.

#include <optional>
#include <string>
#include <string_view>

#include "engine/data/schema.h"
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

/// The columns of one input.
class InputScope final : public Scope {
 public:
  /// `schema` outlives the scope. `name` is the input's name or alias, empty when there is none;
  /// `no_aggregate` says what to do instead of an aggregate.
  InputScope(const Schema& schema, std::string name, std::string no_aggregate,
             Diagnostics& diagnostics);

  Answer take(const Json&) override { return {}; }
  std::optional<Operand> column(const std::vector<std::string>& parts,
                                std::size_t position) override;
  std::string no_aggregate(std::string_view function) const override;

  /// Index of the column, or nothing with a diagnostic.
  std::optional<std::size_t> find(const std::vector<std::string>& parts, std::size_t position);
  const Schema& schema() const { return schema_; }
  const std::string& name() const { return name_; }

 private:
  const Schema& schema_;
  std::string name_;
  std::string no_aggregate_;
  Diagnostics& diagnostics_;
};

/// "; did you mean 'speed'?", or the known names when none is near.
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace sitrep::sql
