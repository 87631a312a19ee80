// SPDX-License-Identifier: Apache-2.0
// count, sum and avg of DISTINCT x: the exact set of values, on the heap. -0 is 0 and all NaN are
// one. Saved: the number of values, then each as 8 bytes or a text, ascending.
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/sql/accumulator_form.h"
#include "engine/sql/aggregate_kinds.h"
#include "engine/sql/exact_sum.h"
#include "engine/sql/state_aggregate.h"

namespace sitrep::sql {
namespace {

/// Bytes that a set spends on an element beside the element's own: in a node and a bucket.
constexpr std::size_t kNodeBytes = 32;

/// Lets a set be asked for a view, so that a known text is not copied to be found.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

std::uint64_t canonical(double value) {
  if (std::isnan(value)) return std::bit_cast<std::uint64_t>(
      std::numeric_limits<double>::quiet_NaN());
  return std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
}

/// Numbers as their bits.
struct NumberSet {
  std::unique_ptr<std::unordered_set<std::uint64_t>> values;

  void insert(std::uint64_t value) {
    if (values == nullptr) values = std::make_unique<std::unordered_set<std::uint64_t>>();
    values->insert(value);
  }
  void add(std::uint8_t value) { insert(value); }
  void add(std::int64_t value) { insert(static_cast<std::uint64_t>(value)); }
  void add(double value) { insert(canonical(value)); }
  void merge(const NumberSet& later) {
    if (later.values == nullptr) return;
    for (const std::uint64_t value : *later.values) insert(value);
  }
  std::vector<std::uint64_t> sorted() const {
    if (values == nullptr) return {};
    std::vector<std::uint64_t> out(values->begin(), values->end());
    std::sort(out.begin(), out.end());
    return out;
  }
  void save(std::string& out) const {
    const std::vector<std::uint64_t> all = sorted();
    put(out, static_cast<std::uint64_t>(all.size()));
    for (const std::uint64_t value : all) put(out, value);
  }
  bool load(std::string_view& in) {
    std::uint64_t count = 0;
    if (!take(in, count) || count > in.size() / sizeof(std::uint64_t)) return false;
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t value = 0;
      if (!take(in, value) || (i > 0 && value <= last)) return false;
      insert(value);
      last = value;
    }
    return true;
  }
  std::size_t heap_bytes() const {
    if (values == nullptr) return 0;
    return sizeof(*values) + values->size() * (kNodeBytes + sizeof(std::uint64_t));
  }
};

struct CountOfNumbers : NumberSet {
  void result(Column& out, Arena&) const {
    out.append_int(values == nullptr ? 0 : static_cast<std::int64_t>(values->size()));
  }
};

struct TextSet {
  using Set = std::unordered_set<std::string, TextHash, std::equal_to<>>;
  std::unique_ptr<Set> values;
  std::size_t text_bytes = 0;

  void add(std::string_view value) {
    if (values == nullptr) values = std::make_unique<Set>();
    if (values->contains(value)) return;
    values->emplace(value);
    text_bytes += value.size();
  }
  void merge(const TextSet& later) {
    if (later.values == nullptr) return;
    for (const std::string& value : *later.values) add(value);
  }
  void result(Column& out, Arena&) const {
    out.append_int(values == nullptr ? 0 : static_cast<std::int64_t>(values->size()));
  }
  void save(std::string& out) const {
    std::vector<std::string_view> sorted;
    if (values != nullptr) sorted.assign(values->begin(), values->end());
    std::sort(sorted.begin(), sorted.end());
    put(out, static_cast<std::uint64_t>(sorted.size()));
    for (const std::string_view value : sorted) put(out, value);
  }
  bool load(std::string_view& in) {
    std::uint64_t count = 0;
    if (!take(in, count) || count > in.size() / sizeof(std::uint32_t)) return false;
    std::string last;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string value;
      if (!take(in, value) || (i > 0 && value <= last)) return false;
      add(value);
      last = std::move(value);
    }
    return true;
  }
  std::size_t heap_bytes() const {
    if (values == nullptr) return 0;
    return sizeof(*values) + values->size() * (kNodeBytes + sizeof(std::string)) + text_bytes;
  }
};

/// Sums go in ascending order of the bits, so that a restart gives the same rounding.
template <bool mean>
struct SumOfDoubles : NumberSet {
  void result(Column& out, Arena&) const {
    if (values == nullptr) return out.append_null();
    DoubleSum sum;
    for (const std::uint64_t bits : sorted()) sum.add(std::bit_cast<double>(bits));
    out.append_double(mean ? sum.total() / static_cast<double>(values->size()) : sum.total());
  }
};

enum class OfInts { kSum, kMean, kMeanOfIntervals };

template <OfInts what>
struct SumOfInts : NumberSet {
  void result(Column& out, Arena&) const {
    if (values == nullptr) return out.append_null();
    IntegerSum sum;
    for (const std::uint64_t bits : *values) sum.add(static_cast<std::int64_t>(bits));
    const auto count = static_cast<std::int64_t>(values->size());
    if constexpr (what == OfInts::kMean) {
      out.append_double(sum.as_double() / static_cast<double>(count));
    } else if constexpr (what == OfInts::kMeanOfIntervals) {
      out.append_int(sum.rounded_mean(count));
    } else if (const auto total = sum.total()) {
      out.append_int(*total);
    } else {
      out.append_null();
    }
  }
};

template <typename Cell, typename State>
AggregatePtr of(Type result) {
  return std::make_unique<ValueAggregate<Cell, State>>(result);
}

}  // namespace

AggregatePtr make_distinct(DistinctOf what, Type type) {
  if (what == DistinctOf::kCount) {
    switch (type) {
      case Type::kBoolean: return of<std::uint8_t, CountOfNumbers>(Type::kBigint);
      case Type::kDouble: return of<double, CountOfNumbers>(Type::kBigint);
      case Type::kText: return of<std::string_view, TextSet>(Type::kBigint);
      default: return of<std::int64_t, CountOfNumbers>(Type::kBigint);
    }
  }
  const bool mean = what == DistinctOf::kAverage;
  if (type == Type::kDouble) {
    return mean ? of<double, SumOfDoubles<true>>(type) : of<double, SumOfDoubles<false>>(type);
  }
  if (type == Type::kBigint) {
    return mean ? of<std::int64_t, SumOfInts<OfInts::kMean>>(Type::kDouble)
                : of<std::int64_t, SumOfInts<OfInts::kSum>>(type);
  }
  if (type == Type::kInterval) {
    return mean ? of<std::int64_t, SumOfInts<OfInts::kMeanOfIntervals>>(type)
                : of<std::int64_t, SumOfInts<OfInts::kSum>>(type);
  }
  return nullptr;
}

}  // namespace sitrep::sql
