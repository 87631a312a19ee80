// SPDX-License-Identifier: Apache-2.0
// The part of ExpressionBinder that binds calls of scalar functions.
#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/expression_factory.h"
#include "engine/sql/history_call.h"
#include "engine/sql/scalar_place.h"
#include "engine/sql/time_field.h"
#include "engine/sql/unsupported.h"

namespace sitrep::sql {
namespace {

std::optional<std::vector<ExpressionPtr>> as_types(const std::vector<Operand>& operands,
                                                   std::span<const Type> types) {
  std::vector<ExpressionPtr> out;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    auto coerced = coerce(operands[i], types[i]);
    if (!coerced) return std::nullopt;
    out.push_back(*std::move(coerced));
  }
  return out;
}

/// What untyped operands may be: first what the others are, as in PostgreSQL.
std::vector<Type> untyped_readings(const std::vector<Operand>& operands) {
  std::vector<Type> readings;
  bool untyped = false;
  for (const Operand& operand : operands) {
    untyped = untyped || operand.untyped;
    if (!operand.untyped && readings.empty()) readings.push_back(operand.type());
  }
  if (!untyped) return {Type::kText};
  for (const Type type : {Type::kText, Type::kDouble, Type::kBigint, Type::kInterval,
                          Type::kTimestamp, Type::kBoolean}) {
    readings.push_back(type);
  }
  return readings;
}

/// The text of a constant argument; null when it is no constant, no text, or not there.
const std::string* constant_text(const std::vector<Operand>& arguments, std::size_t index) {
  if (arguments.size() <= index) return nullptr;
  const Expression& argument = *arguments[index].expression;
  if (argument.kind != ExpressionKind::kLiteral) return nullptr;
  return std::get_if<std::string>(&argument.literal);
}

/// What is wrong with a constant field of extract, date_part or date_trunc; nothing when it is
/// none, or no constant.
std::optional<std::string> wrong_time_field(std::string_view name,
                                            const std::vector<Operand>& arguments) {
  if (name != "extract" && name != "date_part" && name != "date_trunc") return std::nullopt;
  const std::string* field = constant_text(arguments, 0);
  if (field == nullptr || parse_time_field(*field)) return std::nullopt;
  static const std::vector<std::string> kFields = {
      "microseconds", "milliseconds", "second", "minute", "hour",    "day",        "week",
      "month",        "quarter",      "year",   "decade", "century", "millennium", "epoch",
      "isoyear",      "dow",          "isodow", "doy",    "julian"};
  const auto near = nearest_name(*field, kFields);
  return concat(
      name, " knows no field '", *field, "'; ",
      near ? concat("did you mean '", *near, "'?") : concat("there are ", join(kFields, ", ")));
}

/// concat and concat_ws take anything and write it as text.
bool takes_anything(std::string_view name) {
  return name == "concat" || name == "concat_ws";
}

}  // namespace

std::optional<std::vector<ExpressionPtr>> first_accepted(
    const std::vector<Operand>& operands,
    const std::function<bool(std::span<const Type>)>& accepts) {
  std::vector<std::size_t> bigints;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (!operands[i].untyped && operands[i].type() == Type::kBigint) bigints.push_back(i);
  }
  constexpr std::size_t kWidenedMax = 4;  // 16 ways to widen; no function has more numbers
  bigints.resize(std::min(bigints.size(), kWidenedMax));
  std::vector<unsigned> ways(std::size_t{1} << bigints.size());
  for (unsigned way = 0; way < ways.size(); ++way) ways[way] = way;
  std::stable_sort(ways.begin(), ways.end(), [](unsigned a, unsigned b) {
    return __builtin_popcount(a) < __builtin_popcount(b);
  });
  for (const Type untyped_as : untyped_readings(operands)) {
    for (const unsigned way : ways) {
      std::vector<Type> types;
      for (const Operand& operand : operands) {
        types.push_back(operand.untyped ? untyped_as : operand.type());
      }
      for (std::size_t bit = 0; bit < bigints.size(); ++bit) {
        if ((way >> bit & 1) != 0) types[bigints[bit]] = Type::kDouble;
      }
      if (!accepts(types)) continue;
      if (auto arguments = as_types(operands, types)) return arguments;
    }
  }
  return std::nullopt;
}

std::string ExpressionBinder::no_function(const std::string& name) const {
  auto meant = other_name_of(name);
  if (!meant) meant = nearest_name(name, functions_.names());
  return concat("there is no function '", name, "'",
                meant ? concat("; did you mean '", *meant, "'?")
                      : std::string("; docs/job-file.md lists them under \"Functions\""));
}

ExpressionBinder::Bound ExpressionBinder::bind_function(const Json& body, std::size_t position) {
  const std::string name = name_parts(list_in(body, "funcname")).back();
  if (const auto complaint = unsupported_call(body)) return fail(position, *complaint);
  if (const auto complaint = unsupported_function(name)) return fail(position, *complaint);
  if (name == "tumble" || name == "hop") {
    return fail(position, concat(name,
                                 "(…) stands in GROUP BY; the window's bounds are "
                                 "window_start and window_end"));
  }
  if (functions_.aggregate(name) != nullptr) return fail(position, scope_.no_aggregate(name));
  if (history_function(name)) {
    return fail(position, concat(name, "(…) looks at rows before this one; it can stand in the "
                                       "conditions, severity and texts of an alert with 'raise' "
                                       "and 'order: event'; in a stream, compare first(x) and "
                                       "last(x) over a window"));
  }
  // Before its arguments: what is wrong with those depends on what is called.
  if (functions_.scalar(name) == nullptr) return fail(position, no_function(name));
  auto arguments = bind_all(list_in(body, "args"));
  if (!arguments) return std::nullopt;
  return call_scalar(name, *std::move(arguments), position);
}

ExpressionBinder::Bound ExpressionBinder::call_scalar(const std::string& name,
                                                      std::vector<Operand> arguments,
                                                      std::size_t position) {
  const ScalarFactory* factory = functions_.scalar(name);
  if (factory == nullptr) return fail(position, no_function(name));
  if (takes_anything(name)) {
    for (Operand& argument : arguments) {
      const bool boolean = argument.type() == Type::kBoolean && !argument.untyped;
      auto text = cast(argument, Type::kText);
      if (!text) return fail(argument.position, text.error().message());
      argument = {*std::move(text), argument.position};
      if (!boolean) continue;
      // These two write booleans as PostgreSQL does, t and f, where a cast writes true and false.
      auto letter = call_scalar(
          "left", {argument, {make_literal(std::int64_t{1}, Type::kBigint), argument.position}},
          argument.position);
      if (!letter) return std::nullopt;
      argument = *std::move(letter);
    }
  }
  if (const auto wrong = wrong_time_field(name, arguments)) {
    return fail(arguments[0].position, *wrong);
  }
  if (const std::string* zone = constant_text(arguments, 2)) {
    if (const auto wrong = wrong_zone(name, *zone)) return fail(arguments[2].position, *wrong);
  }
  std::shared_ptr<const ScalarFunction> function;
  std::string complaint;
  auto accepted = first_accepted(arguments, [&](std::span<const Type> types) {
    auto made = factory->make(types);
    if (!made && complaint.empty()) complaint = made.error().message();
    if (!made) return false;
    function = *std::move(made);
    return true;
  });
  if (!accepted) return fail(position, complaint);
  return Operand{make_call(name, std::move(function), *std::move(accepted)), position};
}

}  // namespace sitrep::sql
