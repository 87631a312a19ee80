// SPDX-License-Identifier: Apache-2.0
// min(x), max(x) of any type but boolean; NaN is above every other double. Saved: of numbers the
// value and whether there is one; of texts 0, or 1 and the text.
#include <cmath>

#include "engine/sql/accumulator_form.h"
#include "engine/sql/aggregate_kinds.h"
#include "engine/sql/state_aggregate.h"

namespace sitrep::sql {
namespace {

template <typename Cell>
bool below(Cell a, Cell b) {
  return a < b;
}
bool below(double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); }

template <typename Cell, Extreme which>
struct ExtremeNumber {
  Cell value = 0;
  std::int64_t known = 0;

  void add(Cell candidate) {
    const bool better = which == Extreme::kLowest ? below(candidate, value)
                                                  : below(value, candidate);
    if (known == 0 || better) value = candidate;
    known = 1;
  }
  void merge(const ExtremeNumber& later) {
    if (later.known != 0) add(later.value);
  }
  bool valid() const { return known == 0 || known == 1; }
  void result(Column& out, Arena&) const {
    if (known == 0) return out.append_null();
    if constexpr (std::is_same_v<Cell, double>) {
      out.append_double(value);
    } else {
      out.append_int(value);
    }
  }
};

template <Extreme which>
struct ExtremeText {
  std::unique_ptr<std::string> value;

  void add(std::string_view candidate) {
    if (value == nullptr) {
      value = std::make_unique<std::string>(candidate);
    } else if (which == Extreme::kLowest ? candidate < *value : candidate > *value) {
      value->assign(candidate);
    }
  }
  void merge(const ExtremeText& later) {
    if (later.value != nullptr) add(*later.value);
  }
  void result(Column& out, Arena& arena) const {
    if (value == nullptr) return out.append_null();
    out.append_text(arena.store(*value));
  }
  void save(std::string& out) const {
    put(out, std::int64_t{value != nullptr});
    if (value != nullptr) put(out, std::string_view(*value));
  }
  bool load(std::string_view& in) {
    std::int64_t known = 0;
    if (!take(in, known) || known < 0 || known > 1) return false;
    value = known == 1 ? std::make_unique<std::string>() : nullptr;
    return value == nullptr || take(in, *value);
  }
  std::size_t heap_bytes() const {
    return value == nullptr ? 0 : sizeof(std::string) + value->capacity();
  }
};

template <Extreme which>
AggregatePtr extreme(Type type) {
  switch (type) {
    case Type::kBoolean: return nullptr;
    case Type::kDouble:
      return std::make_unique<ValueAggregate<double, ExtremeNumber<double, which>>>(type);
    case Type::kText:
      return std::make_unique<ValueAggregate<std::string_view, ExtremeText<which>>>(type);
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval:
      return std::make_unique<
          ValueAggregate<std::int64_t, ExtremeNumber<std::int64_t, which>>>(type);
  }
  return nullptr;
}

}  // namespace

AggregatePtr make_extreme(Extreme which, Type type) {
  return which == Extreme::kLowest ? extreme<Extreme::kLowest>(type)
                                   : extreme<Extreme::kHighest>(type);
}

}  // namespace sitrep::sql
