// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/grouped_scope.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/expression_factory.h"
#include "engine/sql/unsupported.h"

namespace sitrep::sql {
namespace {

/// The end of the parenthesis that opens at or after `from`; quotes are skipped.
std::size_t after_parenthesis(std::string_view text, std::size_t from) {
  int depth = 0;
  for (std::size_t at = from; at < text.size(); ++at) {
    if (text[at] == '\'') {
      at = text.find('\'', at + 1);
      if (at == std::string_view::npos) break;
    } else if (text[at] == '(') {
      ++depth;
    } else if (text[at] == ')' && --depth == 0) {
      return at + 1;
    }
  }
  return text.size();
}

/// The call as it stands in the SQL text, FILTER included.
std::string as_written(std::string_view text, const Json& node) {
  const std::size_t begin = location_of(node);
  std::size_t end = after_parenthesis(text, begin);
  if (find_in(body_of(node), "agg_filter") != nullptr) end = after_parenthesis(text, end);
  return std::string(text.substr(begin, end - begin));
}

}  // namespace

GroupedScope::GroupedScope(std::string_view text, InputScope& input,
                           const FunctionRegistry& functions, std::vector<Json> key_shapes,
                           Grouping& grouping, Diagnostics& diagnostics)
    : text_(text),
      input_(input),
      functions_(functions),
      key_shapes_(std::move(key_shapes)),
      grouping_(grouping),
      diagnostics_(diagnostics) {}

Scope::Answer GroupedScope::take(const Json& node) {
  const Json shape = input_.shape(node);
  const auto key = std::find(key_shapes_.begin(), key_shapes_.end(), shape);
  if (key != key_shapes_.end()) {
    const auto index = static_cast<std::size_t>(key - key_shapes_.begin());
    return {.taken = true,
            .operand = Operand{make_column(index, grouping_.keys[index]->type),
                               location_of(node)}};
  }
  if (kind_of(node) != "FuncCall") return {};
  const std::string name = name_parts(list_in(body_of(node), "funcname")).back();
  const AggregateFactory* factory = functions_.aggregate(name);
  if (factory == nullptr) return {};
  const auto known = std::find(aggregate_shapes_.begin(), aggregate_shapes_.end(), shape);
  if (known != aggregate_shapes_.end()) {
    const auto index = static_cast<std::size_t>(known - aggregate_shapes_.begin());
    return {.taken = true, .operand = aggregate_column(index, location_of(node))};
  }
  auto bound = bind_aggregate(*factory, node);
  if (bound) aggregate_shapes_.push_back(shape);
  return {.taken = true, .operand = std::move(bound)};
}

std::optional<Operand> GroupedScope::column(const std::vector<std::string>& parts,
                                            std::size_t position) {
  if (parts.size() == 1 && parts[0] == "window_start") {
    return Operand{make_column(grouping_.window_start_column(), Type::kTimestamp), position};
  }
  if (parts.size() == 1 && parts[0] == "window_end") {
    return Operand{make_column(grouping_.window_end_column(), Type::kTimestamp), position};
  }
  if (!input_.find(parts, position)) return std::nullopt;
  diagnostics_.push_back(
      {position, concat("column '", parts.back(), "' is not in GROUP BY; add it there, or take one "
                        "of its values with last(", parts.back(), ")")});
  return std::nullopt;
}

std::string GroupedScope::no_aggregate(std::string_view function) const {
  return concat("'", function, "' cannot stand here");
}

Operand GroupedScope::aggregate_column(std::size_t index, std::size_t position) const {
  const Type type = grouping_.aggregates[index].function->result_type();
  return {make_column(grouping_.first_aggregate_column() + index, type), position};
}

std::optional<Operand> GroupedScope::bind_aggregate(const AggregateFactory& factory,
                                                    const Json& node) {
  auto call = make_aggregate(factory, node);
  if (!call) return std::nullopt;
  grouping_.aggregates.push_back(*std::move(call));
  return aggregate_column(grouping_.aggregates.size() - 1, location_of(node));
}

std::optional<AggregateCall> GroupedScope::make_aggregate(const AggregateFactory& factory,
                                                          const Json& node) {
  const Json& body = body_of(node);
  const std::size_t position = location_of(node);
  if (const auto complaint = unsupported_call(body)) {
    diagnostics_.push_back({position, *complaint});
    return std::nullopt;
  }
  InputScope inside(input_.row(), "aggregates cannot be nested", diagnostics_);
  ExpressionBinder binder(text_, inside, functions_, diagnostics_);
  const auto operands = binder.bind_all(list_in(body, "args"));
  AggregateCall call;
  bool good = operands.has_value();
  if (const Json* filter = find_in(body, "agg_filter")) {
    call.filter = binder.bind_as(*filter, Type::kBoolean, "FILTER");
    good = good && call.filter != nullptr;
  }
  if (!good) return std::nullopt;
  std::vector<Value> constants;
  for (const Operand& operand : *operands) {
    const bool literal = operand.expression->kind == ExpressionKind::kLiteral;
    constants.push_back(literal ? operand.expression->literal : Value(Null{}));
  }
  std::string complaint;
  auto arguments = first_accepted(*operands, [&](std::span<const Type> types) {
    auto made = factory.make(types, flag_in(body, "agg_distinct"), constants);
    if (!made && complaint.empty()) complaint = made.error().message();
    if (!made) return false;
    call.function = *std::move(made);
    return true;
  });
  if (!arguments) {
    diagnostics_.push_back({position, complaint});
    return std::nullopt;
  }
  call.arguments = *std::move(arguments);
  call.text = as_written(text_, node);
  return call;
}

}  // namespace sitrep::sql
