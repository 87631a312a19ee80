// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scalar_time.h"

#include <cmath>
#include <optional>

#include "engine/api/function_registry.h"
#include "engine/sql/scalar_overloads.h"
#include "engine/sql/time_field.h"

namespace sitrep::sql {
namespace {

/// `row(field, micros)` of a field's name and a time. The name is nearly always a literal, so it is
/// parsed again only where it differs from the row before.
template <typename Row, typename Out>
class FieldFunction final : public ScalarFunction {
 public:
  explicit FieldFunction(Row row) : row_(row) {}
  Type result_type() const override { return Out::kType; }

  std::size_t evaluate(const ScalarInput& input, Column& out) const override {
    const auto names = input.arguments[0]->texts();
    const auto times = input.arguments[1]->ints();
    const auto result = cells<typename Out::Cell>(out);
    std::string_view name;
    std::optional<TimeField> field;
    return compute_rows(input, out, [&](std::size_t row) {
      if (names[row] != name) {
        name = names[row];
        field = parse_time_field(name);
      }
      if (!field) return false;
      const auto value = row_(*field, times[row]);
      if (value) result[row] = *value;
      return value.has_value();
    });
  }

 private:
  Row row_;
};

template <typename Out, typename In, typename Row>
Overload field_overload(Row row) {
  return {.arguments = {Type::kText, In::kType},
          .make = [row] { return std::make_unique<FieldFunction<Row, Out>>(row); }};
}

std::optional<Micros> date_bin(Micros stride, Micros time, Micros origin) {
  if (stride <= 0) return std::nullopt;
  Micros distance = 0;
  if (__builtin_sub_overflow(time, origin, &distance)) return std::nullopt;
  Micros start = time - distance % stride;
  if (distance % stride < 0 && __builtin_sub_overflow(start, stride, &start)) return std::nullopt;
  return start;
}

std::optional<Micros> to_timestamp(double seconds) {
  constexpr double kSecondsMin = -210866803200;  // 4714-11-24 BC, where PostgreSQL begins
  const double micros = std::rint(seconds * kMicrosPerSecond);
  if (!(seconds >= kSecondsMin) || !(micros < 0x1p63)) return std::nullopt;
  return static_cast<Micros>(micros);
}

}  // namespace

void add_time_scalars(FunctionRegistry& registry) {
  for (const char* name : {"extract", "date_part"}) {
    registry.add(function(name, {field_overload<Double, Timestamp>(extract_from_timestamp),
                                 field_overload<Double, Interval>(extract_from_interval)}));
  }
  registry.add(function("date_trunc", {field_overload<Timestamp, Timestamp>(truncate_timestamp),
                                       field_overload<Interval, Interval>(truncate_interval)}));
  registry.add(
      function("date_bin", {overload<Timestamp(Interval, Timestamp, Timestamp)>(date_bin)}));
  registry.add(function("to_timestamp", {overload<Timestamp(Double)>(to_timestamp)}));
}

}  // namespace sitrep::sql
