// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/unsupported.h"

#include "engine/base/text.h"

namespace sitrep::sql {
namespace {

struct Advice {
  std::string_view name;
  std::string_view sentence;
};

template <std::size_t size>
std::optional<std::string> look_up(const Advice (&table)[size], std::string_view name) {
  for (const Advice& advice : table) {
    if (advice.name == name) return std::string(advice.sentence);
  }
  return std::nullopt;
}

constexpr std::string_view kWallClock =
    "the wall clock is not supported in SQL: a row must give the same result when it is read again "
    "after a restart; use the event time column, or _timestamp";

constexpr Advice kExpressions[] = {
    {"SubLink",
     "a subquery is not supported; write the inner SELECT as a stream of its own and read it"},
    {"A_ArrayExpr", "arrays are not supported; use x IN (1, 2, 3), or several columns"},
    {"A_Indirection",
     "fields and elements of a value are not supported; give the column a path in the source "
     "(path: /position/lat)"},
    {"RowExpr", "row values are not supported; compare the columns one by one with AND"},
    {"ParamRef",
     "parameters like $1 are not supported; write the value, or ${NAME} in the job file"},
    {"CollateClause", "COLLATE is not supported; texts are compared by their bytes"},
    {"SQLValueFunction", kWallClock},
    {"GroupingFunc", "GROUPING is not supported; write one SELECT per grouping with UNION ALL"},
    {"XmlExpr", "XML is not supported; the payloads are JSON"},
    {"SetToDefault", "DEFAULT is not supported here; declare a default in the source's column"},
};

constexpr Advice kClauses[] = {
    {"withClause", "WITH is not supported; write each part as a stream of its own"},
    {"distinctClause",
     "SELECT DISTINCT is not supported on a stream without end; use GROUP BY with a window"},
    {"sortClause",
     "ORDER BY is not supported: rows of a stream come as their windows close; sort where they are "
     "shown"},
    {"limitCount", "LIMIT is not supported on a stream without end; use WHERE or HAVING"},
    {"limitOffset", "OFFSET is not supported on a stream without end; use WHERE or HAVING"},
    {"lockingClause", "FOR UPDATE is not supported; a stream has no rows to lock"},
    {"intoClause", "INTO is not supported; name the topic under 'to' in the job file"},
    {"valuesLists", "VALUES is not supported; read a source, or write literals in the SELECT list"},
    {"windowClause", "WINDOW is not supported; use tumble(…) or hop(…) in GROUP BY"},
};

constexpr Advice kJoins[] = {
    {"JOIN_RIGHT",
     "RIGHT JOIN is not supported: the rows are the stream's; name the stream first and use LEFT "
     "JOIN"},
    {"JOIN_FULL",
     "FULL JOIN is not supported: the rows are the stream's; use LEFT JOIN with the table"},
};

constexpr Advice kFunctions[] = {
    {"now", kWallClock},
    {"clock_timestamp", kWallClock},
    {"statement_timestamp", kWallClock},
    {"transaction_timestamp", kWallClock},
    {"random", "random() is not supported: a row must give the same result when it is read again"},
    {"gen_random_uuid",
     "gen_random_uuid() is not supported: a row must give the same result when it is read again"},
    {"unnest",
     "unnest is not supported; an array of objects in a message already gives a row each"},
    {"session", "session windows are not supported yet; use tumble(…) or hop(…)"},
    {"cumulate", "cumulate windows are not supported yet; use tumble(…) or hop(…)"},
    {"row_number", "window functions (row_number) are not supported; use GROUP BY with a window"},
    {"lead", "lead is not supported; compare first(x) and last(x) over a window"},
    {"array_agg", "arrays are not supported; use count, min, max, first or last"},
    {"string_agg", "string_agg is not supported; use count(DISTINCT x), first(x) or last(x)"},
    {"percentile_cont", "percentile_cont is not supported; use approx_percentile(x, 0.95)"},
    {"percentile_disc", "percentile_disc is not supported; use approx_percentile(x, 0.95)"},
    {"timezone", "AT TIME ZONE is not supported; all times are UTC, add an interval instead"},
    {"similar_to_escape", "SIMILAR TO is not supported; use LIKE"},
};

constexpr Advice kOtherNames[] = {
    {"average", "avg"},       {"mean", "avg"},
    {"ifnull", "coalesce"},   {"nvl", "coalesce"},
    {"len", "length"},        {"lcase", "lower"},
    {"ucase", "upper"},       {"median", "approx_percentile"},
    {"quantile", "approx_percentile"}, {"percentile", "approx_percentile"},
    {"max_by", "arg_max"},    {"min_by", "arg_min"},
    {"first_value", "first"}, {"last_value", "last"},
};

}  // namespace

std::string unsupported_expression(const Json& node) {
  const std::string_view kind = kind_of(node);
  if (const auto known = look_up(kExpressions, kind)) return *known;
  return concat("this construct (", kind, ") is not supported in SQL of a stream");
}

std::optional<std::string> unsupported_call(const Json& call) {
  if (find_in(call, "over") != nullptr) {
    return "OVER (…) is not supported; use GROUP BY with tumble(…) or hop(…)";
  }
  if (find_in(call, "agg_order") != nullptr) {
    return "ORDER BY inside an aggregate is not supported; first and last go by event time, "
           "arg_min and arg_max by another column";
  }
  if (flag_in(call, "agg_within_group")) {
    return "WITHIN GROUP is not supported; use approx_percentile(x, 0.95)";
  }
  if (flag_in(call, "func_variadic")) return "VARIADIC is not supported; write the arguments";
  return std::nullopt;
}

std::optional<Diagnostic> unsupported_clause(const Json& select) {
  for (const Advice& clause : kClauses) {
    const Json* found = find_in(select, std::string(clause.name).c_str());
    if (found == nullptr) continue;
    return Diagnostic{location_of(*found), std::string(clause.sentence)};
  }
  if (flag_in(select, "groupDistinct")) return Diagnostic{0, "GROUP BY DISTINCT is not supported"};
  return std::nullopt;
}

std::string unsupported_from(const Json& node) {
  const std::string_view kind = kind_of(node);
  if (kind == "RangeSubselect") {
    return "a subquery in FROM is not supported; write it as a stream of its own and name that";
  }
  if (kind == "RangeFunction") {
    return "a function in FROM is not supported; an array of objects in a message already gives a "
           "row each";
  }
  return concat("this item of FROM (", kind, ") is not supported; name one source or stream");
}

std::optional<std::string> unsupported_join(const Json& join) {
  if (const auto kind = look_up(kJoins, text_in(join, "jointype"))) return kind;
  if (flag_in(join, "isNatural")) {
    return "NATURAL JOIN is not supported; write ON table.key = stream.column";
  }
  if (find_in(join, "usingClause") != nullptr) {
    return "USING is not supported; write ON table.key = stream.column";
  }
  if (find_in(join, "alias") != nullptr) {
    return "a name for a whole JOIN is not supported; give stream and table a name each";
  }
  if (find_in(join, "quals") == nullptr) {
    return "CROSS JOIN is not supported; write JOIN … ON table.key = stream.column";
  }
  return std::nullopt;
}

std::optional<std::string> unsupported_function(std::string_view function) {
  return look_up(kFunctions, function);
}

std::optional<std::string> other_name_of(std::string_view function) {
  return look_up(kOtherNames, function);
}

}  // namespace sitrep::sql
