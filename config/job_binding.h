// SPDX-License-Identifier: Apache-2.0
#pragma once
// A job half way between spec and plan: SQL and conditions bound over the columns that they may
// see, while it is still being found out which of those are needed. Used by plan_job alone.
// Thread-compatible.

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/error_list.h"
#include "config/job_spec.h"
#include "config/lineage.h"
#include "config/plan_job.h"
#include "config/source_columns.h"
#include "engine/api/function_registry.h"

namespace sitrep {

/// A stream bound over what it may see; `plan.query` reads the columns of `parts[branch]` one after
/// the other: those of the stream's input, then those of each table that it joins.
struct BoundStream {
  const StreamSpec* spec = nullptr;
  StreamPlan plan;
  std::vector<std::vector<Schema>> parts;
  Lineage lineage;
};

/// An alert bound over what it may see; positions in `plan` are those in `row`: the columns of
/// `visible`, then those of `parameters`.
struct BoundAlert {
  const AlertSpec* spec = nullptr;
  AlertPlan plan;
  Schema visible;
  Schema parameters;
  sql::InputRow row;
};

class JobBinding {
 public:
  /// All three outlive the binding.
  JobBinding(const JobSpec& spec, const FunctionRegistry& functions, ErrorList& errors);

  /// Sources, then tables, streams and alerts; each complains and goes on.
  void bind_sources();
  void bind_tables();
  void bind_streams();
  void bind_alerts();
  void bind_flood();

  const std::vector<SourceColumns>& sources() const { return sources_; }
  const std::vector<SourceColumns>& tables() const { return tables_; }
  std::vector<BoundStream>& streams() { return streams_; }
  std::vector<BoundAlert>& alerts() { return alerts_; }
  std::optional<FloodPlan>& flood() { return flood_; }
  /// What the streams and alerts refer to.
  std::vector<CutPlan>& cuts() { return cuts_; }

 private:
  std::optional<InputRef> find(std::string_view name) const;
  /// Whether `name` is a stream that could not be bound: what reads it is not complained about.
  bool failed(std::string_view name) const { return failed_.contains(name); }
  std::vector<std::string> names() const;
  Schema visible(InputRef input, std::span<const std::string_view> texts) const;
  Lineage lineage(InputRef input, const Schema& visible) const;
  /// Marks columns of `visible` as read by someone.
  void need(InputRef input, const Schema& visible, const std::vector<std::size_t>& columns);
  void need_whole_rows(InputRef input);
  /// A cut before the reader `name`; its position.
  std::size_t add_cut(std::string name, InputRef input);

  std::optional<BoundStream> bind_stream(const StreamSpec& spec);
  std::optional<std::size_t> find_table(std::string_view name) const;
  std::vector<std::string> table_names() const;
  std::optional<sql::TableShape> table_shape(std::size_t table,
                                             std::span<const std::string_view> texts) const;

  /// False after a complaint. `row`: the columns that the branch sees.
  bool add_branch_of(BoundStream& stream, std::size_t branch, const Schema& row);
  bool bind_joins_of(BoundStream& stream, std::size_t branch, const Schema& row,
                     const Lineage& lineage);
  void need_columns_of(const BoundStream& stream, std::size_t branch,
                       const std::vector<std::size_t>& columns);
  bool plan_late(BoundStream& stream);

  std::optional<BoundAlert> bind_alert(const AlertSpec& spec);
  /// What its expressions are bound with; they may add to plan.history.
  sql::LoneOptions lone_options(BoundAlert& alert) const;
  bool bind_conditions(BoundAlert& alert);
  bool check_severities(const sql::Expression& severity, const PlacedText& text);
  bool bind_key(BoundAlert& alert);
  bool bind_parameters(BoundAlert& alert, std::span<const std::string_view> texts);
  bool bind_text(BoundAlert& alert);
  void need_columns_of(const BoundAlert& alert);
  void check_parents(const AlertSpec& alert);
  void check_for_cycles();

  std::vector<SinkPlan> plan_sinks(const std::vector<SinkSpec>& sinks, const Schema& schema);
  std::vector<SinkPlan> plan_alert_sinks(const std::vector<SinkSpec>& sinks);
  void complain(const PlacedText& text, const sql::Diagnostics& diagnostics);

  const JobSpec& spec_;
  const FunctionRegistry& functions_;
  ErrorList& errors_;
  std::vector<SourceColumns> sources_;
  std::vector<SourceColumns> tables_;
  std::vector<BoundStream> streams_;
  std::vector<BoundAlert> alerts_;
  std::optional<FloodPlan> flood_;
  std::vector<CutPlan> cuts_;
  std::set<std::string, std::less<>> failed_;
};

/// Calls `visit` with each expression of `select` that reads its input's columns, to read or to
/// replace it.
template <typename Select, typename Visit>
void visit_input_expressions(Select& select, Visit&& visit) {
  if (select.where) visit(select.where);
  if (!select.grouping) {
    for (auto& projection : select.projections) visit(projection);
    return;
  }
  for (auto& key : select.grouping->keys) visit(key);
  for (auto& aggregate : select.grouping->aggregates) {
    for (auto& argument : aggregate.arguments) visit(argument);
    if (aggregate.filter) visit(aggregate.filter);
  }
}

}  // namespace sitrep
