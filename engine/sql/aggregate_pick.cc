// SPDX-License-Identifier: Apache-2.0
// first(x), last(x) by event time, arg_min(x, y), arg_max(x, y) by y. Rows with a null x or y are
// skipped; of equal rows the one that came first stays. Saved: 0, or 1, the order and the value,
// each as 8 bytes or a text.
#include <bit>
#include <cmath>

#include "engine/base/ensure.h"
#include "engine/sql/accumulator_form.h"
#include "engine/sql/aggregate_kinds.h"
#include "engine/sql/state_aggregate.h"

namespace sitrep::sql {
namespace {

/// A cell of any type, owned: numbers as bits, a text on the heap.
struct OwnedCell {
  std::uint64_t bits = 0;
  std::unique_ptr<std::string> text;

  void assign(std::string_view value) {
    if (text == nullptr) text = std::make_unique<std::string>();
    text->assign(value);
  }
  void assign(const OwnedCell& other) {
    bits = other.bits;
    if (other.text != nullptr) assign(*other.text);
  }
  void assign(const Column& column, std::size_t row) {
    switch (column.type()) {
      case Type::kBoolean: bits = column.booleans()[row]; break;
      case Type::kDouble: bits = std::bit_cast<std::uint64_t>(column.doubles()[row]); break;
      case Type::kText: assign(column.texts()[row]); break;
      case Type::kBigint:
      case Type::kTimestamp:
      case Type::kInterval: bits = static_cast<std::uint64_t>(column.ints()[row]); break;
    }
  }
  void append_to(Column& out, Arena& arena) const {
    switch (out.type()) {
      case Type::kBoolean: out.append_boolean(bits != 0); break;
      case Type::kDouble: out.append_double(std::bit_cast<double>(bits)); break;
      case Type::kText: out.append_text(arena.store(text == nullptr ? "" : *text)); break;
      case Type::kBigint:
      case Type::kTimestamp:
      case Type::kInterval: out.append_int(static_cast<std::int64_t>(bits)); break;
    }
  }
  void save(Type type, std::string& out) const {
    if (type == Type::kText) {
      put(out, text == nullptr ? std::string_view() : std::string_view(*text));
    } else {
      put(out, bits);
    }
  }
  bool load(Type type, std::string_view& in) {
    if (type != Type::kText) return take(in, bits) && (type != Type::kBoolean || bits <= 1);
    text = std::make_unique<std::string>();
    return take(in, *text);
  }
  std::size_t heap_bytes() const {
    return text == nullptr ? 0 : sizeof(std::string) + text->capacity();
  }
};

bool below(double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); }

/// Whether `a` stands before `b`; both of `type`.
bool below(Type type, const OwnedCell& a, const OwnedCell& b) {
  if (type == Type::kText) return *a.text < *b.text;
  if (type == Type::kDouble)
    return below(std::bit_cast<double>(a.bits), std::bit_cast<double>(b.bits));
  return static_cast<std::int64_t>(a.bits) < static_cast<std::int64_t>(b.bits);
}

/// Whether the cell of a row stands before `b`.
bool below(const Column& column, std::size_t row, const OwnedCell& b) {
  switch (column.type()) {
    case Type::kBoolean: return column.booleans()[row] < b.bits;
    case Type::kDouble: return below(column.doubles()[row], std::bit_cast<double>(b.bits));
    case Type::kText: return column.texts()[row] < *b.text;
    default: return column.ints()[row] < static_cast<std::int64_t>(b.bits);
  }
}
bool above(const Column& column, std::size_t row, const OwnedCell& b) {
  switch (column.type()) {
    case Type::kBoolean: return column.booleans()[row] > b.bits;
    case Type::kDouble: return below(std::bit_cast<double>(b.bits), column.doubles()[row]);
    case Type::kText: return column.texts()[row] > *b.text;
    default: return column.ints()[row] > static_cast<std::int64_t>(b.bits);
  }
}

struct Picked {
  std::int64_t known = 0;
  OwnedCell order;
  OwnedCell value;
};

class Pick final : public AggregateFunction {
 public:
  /// Without `order` event time orders the rows.
  Pick(Extreme which, Type type, std::optional<Type> order)
      : which_(which), type_(type), by_time_(!order), order_(order.value_or(Type::kTimestamp)) {}

  Type result_type() const override { return type_; }
  std::size_t accumulator_bytes() const override { return sizeof(Picked); }
  void create(std::byte* accumulator) const override {
    std::construct_at(reinterpret_cast<Picked*>(accumulator));
  }
  void destroy(std::byte* accumulator) const override {
    std::destroy_at(&state_at<Picked>(accumulator));
  }

  void update(const AggregateInput& input) const override {
    const Column& values = *input.arguments[0];
    for (std::size_t i = 0; i < input.rows.size(); ++i) {
      const std::uint32_t row = input.rows[i];
      if (values.is_null(row)) continue;
      Picked& picked = state_at<Picked>(input.accumulator(i));
      if (by_time_) {
        take_by_time(picked, values, row, input.event_time[row]);
      } else if (!input.arguments[1]->is_null(row)) {
        take_by_value(picked, values, *input.arguments[1], row);
      }
    }
  }

  void merge(std::byte* into, const std::byte* from) const override {
    Picked& mine = state_at<Picked>(into);
    const Picked& later = state_at<Picked>(from);
    if (later.known == 0) return;
    if (mine.known != 0) {
      const bool better = which_ == Extreme::kLowest ? below(order_, later.order, mine.order)
                                                     : below(order_, mine.order, later.order);
      if (!better) return;
    }
    mine.known = 1;
    mine.order.assign(later.order);
    mine.value.assign(later.value);
  }

  void result(const std::byte* accumulator, Column& out, Arena& arena) const override {
    const Picked& picked = state_at<Picked>(accumulator);
    if (picked.known == 0) return out.append_null();
    picked.value.append_to(out, arena);
  }

  void save(const std::byte* accumulator, std::string& out) const override {
    const Picked& picked = state_at<Picked>(accumulator);
    put(out, picked.known);
    if (picked.known == 0) return;
    picked.order.save(order_, out);
    picked.value.save(type_, out);
  }

  Result<void> load(std::string_view& in, std::byte* accumulator) const override {
    Picked read;
    const bool good = take(in, read.known) && (read.known == 0 || read.known == 1) &&
                      (read.known == 0 ||
                       (read.order.load(order_, in) && read.value.load(type_, in)));
    if (!good) return corrupt("the saved bytes of an aggregate are not of its form");
    state_at<Picked>(accumulator) = std::move(read);
    return {};
  }

  std::size_t heap_bytes(const std::byte* accumulator) const override {
    const Picked& picked = state_at<Picked>(accumulator);
    return picked.order.heap_bytes() + picked.value.heap_bytes();
  }

 private:
  void take_by_time(Picked& picked, const Column& values, std::uint32_t row, Micros time) const {
    const auto before = static_cast<Micros>(picked.order.bits);
    const bool better = which_ == Extreme::kLowest ? time < before : time > before;
    if (picked.known != 0 && !better) return;
    picked.known = 1;
    picked.order.bits = static_cast<std::uint64_t>(time);
    picked.value.assign(values, row);
  }

  void take_by_value(Picked& picked, const Column& values, const Column& orders,
                     std::uint32_t row) const {
    if (picked.known != 0) {
      const bool better = which_ == Extreme::kLowest ? below(orders, row, picked.order)
                                                     : above(orders, row, picked.order);
      if (!better) return;
    }
    picked.known = 1;
    picked.order.assign(orders, row);
    picked.value.assign(values, row);
  }

  const Extreme which_;
  const Type type_;
  const bool by_time_;
  const Type order_;
};

}  // namespace

AggregatePtr make_pick_by_time(Extreme which, Type type) {
  return std::make_unique<Pick>(which, type, std::nullopt);
}

AggregatePtr make_pick_by_value(Extreme which, Type type, Type order) {
  return std::make_unique<Pick>(which, type, order);
}

}  // namespace sitrep::sql
