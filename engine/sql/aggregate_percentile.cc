// SPDX-License-Identifier: Apache-2.0
// approx_percentile(x, fraction): a double. Saved: the sketch (quantile_sketch.cc).
#include "engine/sql/aggregate_kinds.h"
#include "engine/sql/quantile_sketch.h"
#include "engine/sql/state_aggregate.h"

namespace sitrep::sql {
namespace {

struct Sketch {
  std::unique_ptr<QuantileSketch> sketch = std::make_unique<QuantileSketch>();

  void merge(const Sketch& later) { sketch->merge(*later.sketch); }
  void result(Column&, Arena&) const {}
  void save(std::string& out) const { sketch->save(out); }
  bool load(std::string_view& in) { return sketch->load(in); }
  std::size_t heap_bytes() const { return sizeof(QuantileSketch) + sketch->heap_bytes(); }
};

class ApproxPercentile final : public AggregateOfState<Sketch> {
 public:
  ApproxPercentile(double fraction, Type type)
      : AggregateOfState(Type::kDouble), fraction_(fraction), type_(type) {}

  void update(const AggregateInput& input) const override {
    const Column& column = *input.arguments[0];
    for (std::size_t i = 0; i < input.rows.size(); ++i) {
      const std::uint32_t row = input.rows[i];
      if (column.is_null(row)) continue;
      const double value = type_ == Type::kDouble ? column.doubles()[row]
                                                  : static_cast<double>(column.ints()[row]);
      state_at<Sketch>(input.accumulator(i)).sketch->add(value);
    }
  }
  void result(const std::byte* accumulator, Column& out, Arena&) const override {
    const QuantileSketch& sketch = *state_at<Sketch>(accumulator).sketch;
    if (sketch.count() == 0) return out.append_null();
    out.append_double(sketch.quantile(fraction_));
  }

 private:
  const double fraction_;
  const Type type_;
};

}  // namespace

AggregatePtr make_approx_percentile(double fraction, Type type) {
  if (type != Type::kDouble && type != Type::kBigint) return nullptr;
  return std::make_unique<ApproxPercentile>(fraction, type);
}

}  // namespace sitrep::sql
