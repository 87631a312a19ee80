// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/history_scope.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/ensure.h"
#include "engine/base/text.h"
#include "engine/sql/describe.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/expression_factory.h"
#include "engine/sql/unsupported.h"

namespace sitrep::sql {
namespace {

struct Name {
  std::string_view text;
  HistoryFunction function;
};

constexpr std::array kNames = {Name{"lag", HistoryFunction::kLag},
                               Name{"delta", HistoryFunction::kDelta},
                               Name{"rate", HistoryFunction::kRate},
                               Name{"duration", HistoryFunction::kDuration},
                               Name{"count_within", HistoryFunction::kCountWithin}};

bool is_number(Type type) { return type == Type::kBigint || type == Type::kDouble; }

}  // namespace

std::string_view to_string(HistoryFunction function) {
  const auto name = std::ranges::find(kNames, function, &Name::function);
  ENSURE(name != kNames.end(), "unknown HistoryFunction");
  return name->text;
}

std::optional<HistoryFunction> history_function(std::string_view name) {
  const auto found = std::ranges::find(kNames, name, &Name::text);
  if (found == kNames.end()) return std::nullopt;
  return found->function;
}

HistoryScope::HistoryScope(std::string_view text, InputScope& input,
                           const FunctionRegistry& functions, std::vector<HistoryCall>& calls,
                           Diagnostics& diagnostics)
    : text_(text),
      input_(input),
      functions_(functions),
      calls_(calls),
      diagnostics_(diagnostics) {}

std::optional<Operand> HistoryScope::column(const std::vector<std::string>& parts,
                                            std::size_t position) {
  return input_.column(parts, position);
}

std::string HistoryScope::no_aggregate(std::string_view function) const {
  return input_.no_aggregate(function);
}

bool HistoryScope::fail(std::size_t position, std::string message) {
  diagnostics_.push_back({position, std::move(message)});
  return false;
}

Schema HistoryScope::row() const {
  Schema row = input_.row().qualified();
  for (const HistoryCall& call : calls_) row.fields.push_back({call.identity, call.type});
  return row;
}

Scope::Answer HistoryScope::take(const Json& node) {
  if (kind_of(node) != "FuncCall") return {};
  const auto function =
      history_function(name_parts(list_in(body_of(node), "funcname")).back());
  if (!function) return {};
  auto call = bind_call(*function, node);
  if (!call) return {.taken = true, .operand = std::nullopt};
  auto known = std::ranges::find(calls_, call->identity, &HistoryCall::identity);
  if (known == calls_.end()) known = calls_.insert(calls_.end(), *std::move(call));
  const auto index = static_cast<std::size_t>(known - calls_.begin());
  return {.taken = true,
          .operand = Operand{make_column(input_.row().schema.size() + index, known->type),
                             location_of(node)}};
}

std::optional<HistoryCall> HistoryScope::bind_call(HistoryFunction function, const Json& node) {
  const Json& body = body_of(node);
  const std::size_t position = location_of(node);
  if (const auto complaint = unsupported_call(body)) {
    fail(position, *complaint);
    return std::nullopt;
  }
  ExpressionBinder binder(text_, *this, functions_, diagnostics_);
  const auto operands = binder.bind_all(list_in(body, "args"));
  if (!operands) return std::nullopt;
  HistoryCall call{.function = function, .type = Type::kBigint, .arguments = {}, .identity = {}};
  bool good = true;
  const auto takes_one = [&](std::string_view what) {
    return operands->size() == 1 ||
           fail(position, concat(to_string(function), " takes ", what, ", found ",
                                 operands->size(), " arguments"));
  };
  switch (function) {
    case HistoryFunction::kLag:
      good = takes_one("one value");
      if (!good) break;
      call.arguments = {operands->front().untyped
                            ? make_literal(operands->front().expression->literal, Type::kText)
                            : operands->front().expression};
      call.type = call.arguments.front()->type;
      break;
    case HistoryFunction::kDelta:
    case HistoryFunction::kRate:
      good = takes_one("one number");
      if (!good) break;
      if (operands->front().untyped || !is_number(operands->front().type())) {
        good = fail(operands->front().position,
                    concat(to_string(function), " takes a number, found ",
                           describe_type(operands->front())));
        break;
      }
      call.arguments = {operands->front().expression};
      call.type = function == HistoryFunction::kRate ? Type::kDouble
                                                     : call.arguments.front()->type;
      break;
    case HistoryFunction::kDuration:
      good = takes_one("one condition");
      if (!good) break;
      if (auto condition = coerce(operands->front(), Type::kBoolean)) {
        call.arguments = {*std::move(condition)};
      } else {
        good = fail(operands->front().position, concat("duration: ", condition.error().message()));
      }
      call.type = Type::kInterval;
      break;
    case HistoryFunction::kCountWithin:
      good = bind_count_within(call, *operands, position);
      break;
  }
  if (!good) return std::nullopt;
  std::vector<std::string> arguments;
  for (const ExpressionPtr& argument : call.arguments) {
    arguments.push_back(describe(*argument, row()));
  }
  if (call.within > 0) arguments.push_back(concat(call.within, " us"));
  call.identity = concat(to_string(function), "(", join(arguments, ", "), ")");
  return call;
}

bool HistoryScope::bind_count_within(HistoryCall& call, const std::vector<Operand>& operands,
                                     std::size_t position) {
  if (operands.size() < 2 || operands.size() > 3) {
    return fail(position, concat("count_within takes a condition, an interval and perhaps a value "
                                 "of which different ones count, found ",
                                 operands.size(), " arguments"));
  }
  auto condition = coerce(operands[0], Type::kBoolean);
  if (!condition) {
    return fail(operands[0].position, concat("count_within: ", condition.error().message()));
  }
  const auto interval = coerce(operands[1], Type::kInterval);
  const bool constant = interval && (*interval)->kind == ExpressionKind::kLiteral &&
                        std::holds_alternative<std::int64_t>((*interval)->literal);
  if (!constant || std::get<std::int64_t>((*interval)->literal) <= 0) {
    return fail(operands[1].position,
                "count_within: expected a constant above 0, such as interval '30 seconds'");
  }
  call.within = std::get<std::int64_t>((*interval)->literal);
  call.arguments = {*std::move(condition)};
  if (operands.size() == 3) {
    call.arguments.push_back(operands[2].untyped
                                 ? make_literal(operands[2].expression->literal, Type::kText)
                                 : operands[2].expression);
  }
  return true;
}

}  // namespace sitrep::sql
