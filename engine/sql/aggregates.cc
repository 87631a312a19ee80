// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/aggregates.h"

#include <optional>
#include <utility>

#include "engine/api/function_registry.h"
#include "engine/sql/aggregate_kinds.h"

namespace sitrep::sql {
namespace {

using Shape = AggregateCallShape;

/// An aggregate of one argument that DISTINCT does not change.
MakeAggregate of_one(std::function<AggregatePtr(Type)> make) {
  return [make = std::move(make)](const Shape& call) {
    return call.types.size() == 1 ? make(call.types[0]) : nullptr;
  };
}

/// An aggregate of one argument that cannot be DISTINCT.
MakeAggregate of_one_plain(std::function<AggregatePtr(Type)> make) {
  return [make = std::move(make)](const Shape& call) {
    return call.types.size() == 1 && !call.distinct ? make(call.types[0]) : nullptr;
  };
}

AggregatePtr count(const Shape& call) {
  if (call.types.size() > 1 || (call.types.empty() && call.distinct)) return nullptr;
  return call.distinct ? make_distinct(DistinctOf::kCount, call.types[0]) : make_count();
}

MakeAggregate plain_or_distinct(AggregatePtr (*plain)(Type), DistinctOf distinct) {
  return [plain, distinct](const Shape& call) -> AggregatePtr {
    if (call.types.size() != 1) return nullptr;
    return call.distinct ? make_distinct(distinct, call.types[0]) : plain(call.types[0]);
  };
}

MakeAggregate pick_by_value(Extreme which) {
  return [which](const Shape& call) -> AggregatePtr {
    if (call.types.size() != 2 || call.distinct) return nullptr;
    return make_pick_by_value(which, call.types[0], call.types[1]);
  };
}

std::optional<double> fraction_of(const Value& value) {
  std::optional<double> fraction;
  if (const auto* number = std::get_if<double>(&value)) fraction = *number;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) fraction = static_cast<double>(*whole);
  if (fraction && !(*fraction >= 0 && *fraction <= 1)) return std::nullopt;
  return fraction;
}

AggregatePtr approx_percentile(const Shape& call) {
  if (call.types.size() != 2 || call.constants.size() != 2 || call.distinct) return nullptr;
  const auto fraction = fraction_of(call.constants[1]);
  return fraction ? make_approx_percentile(*fraction, call.types[0]) : nullptr;
}

AggregatePtr boolean_only(Connective which, Type type) {
  return type == Type::kBoolean ? make_connective(which) : nullptr;
}

}  // namespace

void add_builtin_aggregates(FunctionRegistry& registry) {
  const auto add = [&](std::string name, std::string takes, MakeAggregate make) {
    registry.add(std::unique_ptr<AggregateFactory>(std::make_unique<NamedAggregate>(
        std::move(name), std::move(takes), std::move(make))));
  };
  add("count", "* or one value", count);
  const std::string number = "one bigint, double or interval";
  add("sum", number, plain_or_distinct(make_sum, DistinctOf::kSum));
  add("avg", number, plain_or_distinct(make_average, DistinctOf::kAverage));
  const std::string comparable = "one value that is not boolean";
  add("min", comparable, of_one([](Type type) { return make_extreme(Extreme::kLowest, type); }));
  add("max", comparable, of_one([](Type type) { return make_extreme(Extreme::kHighest, type); }));
  const auto moment = [&](std::string name, const MomentOptions& options) {
    add(std::move(name), "one bigint or double, without DISTINCT",
        of_one_plain([options](Type type) { return make_moment(options, type); }));
  };
  moment("stddev", {.sample = true, .square_root = true});
  moment("stddev_samp", {.sample = true, .square_root = true});
  moment("stddev_pop", {.sample = false, .square_root = true});
  moment("variance", {.sample = true, .square_root = false});
  moment("var_samp", {.sample = true, .square_root = false});
  moment("var_pop", {.sample = false, .square_root = false});
  add("first", "one value, without DISTINCT",
      of_one_plain([](Type type) { return make_pick_by_time(Extreme::kLowest, type); }));
  add("last", "one value, without DISTINCT",
      of_one_plain([](Type type) { return make_pick_by_time(Extreme::kHighest, type); }));
  const std::string pair = "a value and what orders the rows, without DISTINCT";
  add("arg_min", pair, pick_by_value(Extreme::kLowest));
  add("arg_max", pair, pick_by_value(Extreme::kHighest));
  for (const char* const name : {"bool_and", "every"}) {
    add(name, "one boolean",
        of_one([](Type type) { return boolean_only(Connective::kAnd, type); }));
  }
  add("bool_or", "one boolean",
      of_one([](Type type) { return boolean_only(Connective::kOr, type); }));
  add("approx_percentile",
      "a bigint or double and a constant fraction from 0 to 1, without DISTINCT",
      approx_percentile);
}

}  // namespace sitrep::sql
