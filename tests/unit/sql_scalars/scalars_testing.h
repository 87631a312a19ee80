// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of the scalar functions share: one call over one row, its result as text.
// Thread-compatible.

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/function_registry.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"
#include "engine/data/value.h"
#include "engine/sql/scalar_functions.h"

namespace sitrep::sql {

struct Argument {
  Type type;
  Value value;
};

inline Argument boolean(bool value) { return {Type::kBoolean, value}; }
inline Argument number(std::int64_t value) { return {Type::kBigint, value}; }
inline Argument real(double value) { return {Type::kDouble, value}; }
inline Argument text(std::string value) { return {Type::kText, std::move(value)}; }
inline Argument null(Type type) { return {type, Null{}}; }
/// '2001-02-16 20:38:40.12', in UTC.
inline Argument time(std::string_view value) {
  return {Type::kTimestamp, parse_sql_timestamp(value).value()};
}
/// '1 day 02:00:00'.
inline Argument interval(std::string_view value) {
  return {Type::kInterval, parse_interval(value).value()};
}

inline const FunctionRegistry& scalars() {
  static const FunctionRegistry kRegistry = [] {
    FunctionRegistry registry;
    add_builtin_scalars(registry);
    return registry;
  }();
  return kRegistry;
}

inline Result<std::unique_ptr<ScalarFunction>> make_scalar(std::string_view name,
                                                           const std::vector<Type>& types) {
  const ScalarFactory* factory = scalars().scalar(name);
  if (factory == nullptr) return invalid_config(concat("no function ", name));
  return factory->make(types);
}

/// A column of one row; its text stays in `argument`.
inline Column column_of(const Argument& argument) {
  Column column(argument.type);
  if (is_null(argument.value)) {
    column.append_null();
  } else if (argument.type == Type::kBoolean) {
    column.append_boolean(std::get<bool>(argument.value));
  } else if (argument.type == Type::kDouble) {
    column.append_double(std::get<double>(argument.value));
  } else if (argument.type == Type::kText) {
    column.append_text(std::get<std::string>(argument.value));
  } else {
    column.append_int(std::get<std::int64_t>(argument.value));
  }
  return column;
}

/// `timestamp` with all six digits, which to_string cuts to three.
inline std::string timestamp_text(std::int64_t micros) {
  const std::int64_t rest = (micros % kMicrosPerMilli + kMicrosPerMilli) % kMicrosPerMilli;
  std::string out = format_timestamp(micros - rest);
  if (rest == 0) return out;
  const std::string digits = std::to_string(rest + kMicrosPerMilli).substr(1);
  return out.insert(out.size() - 1, digits);
}

/// The result over one row: a value, null, or "error" for a row that cannot be computed.
inline std::string call(std::string_view name, const std::vector<Argument>& arguments) {
  std::vector<Type> types;
  std::vector<Column> columns;
  bool null_argument = false;
  for (const Argument& argument : arguments) {
    types.push_back(argument.type);
    columns.push_back(column_of(argument));
    null_argument = null_argument || is_null(argument.value);
  }
  std::vector<const Column*> pointers;
  for (const Column& column : columns) pointers.push_back(&column);
  const auto function = make_scalar(name, types);
  if (!function) return function.error().message();
  Column out((*function)->result_type(), 1);
  if ((*function)->strict() && null_argument) out.set_null(0);
  Arena arena;
  const Selection selection(1);
  const std::size_t errors = (*function)->evaluate(
      {.arguments = pointers, .selection = selection, .arena = arena}, out);
  if (errors != 0) return errors == 1 && out.is_null(0) ? "error" : "wrong number of errors";
  if (out.is_null(0)) return "null";
  if (out.type() == Type::kTimestamp) return timestamp_text(out.ints()[0]);
  if (out.type() == Type::kInterval) return concat(out.ints()[0], " us");
  return to_string(out.value(0), out.type());
}

struct Case {
  std::string_view name;
  std::vector<Argument> arguments;
  std::string_view expected;
};

inline void expect_all(std::initializer_list<Case> cases) {
  int number_of_case = 0;
  for (const Case& one : cases) {
    EXPECT_EQ(call(one.name, one.arguments), one.expected)
        << one.name << ", case " << ++number_of_case;
  }
}

}  // namespace sitrep::sql
