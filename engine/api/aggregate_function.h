// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an aggregate function is: count, avg, or one of a developer's own. The function is an
// immutable description; what changes is the accumulator, a few bytes inside the row that a window
// keeps per group. update() is called once per batch with all rows, never once per row. Large or
// growing accumulators (sets, sketches, texts) own a heap object behind a pointer in those bytes.
// Thread-safe (const throughout).

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/data/arena.h"
#include "engine/data/column.h"
#include "engine/data/selection.h"

namespace sitrep {

/// What update() reads: the evaluated arguments of a run of rows, and each row's accumulator.
struct AggregateInput {
  /// One column per argument of the call; empty for count(*).
  std::span<const Column* const> arguments;
  /// Event time per row of the batch: what first and last order by.
  std::span<const Micros> event_time;
  /// Positions (into arguments and event_time) of the rows to take, in arrival order.
  std::span<const std::uint32_t> rows;
  /// The group of rows[i], and where in a group the accumulators of this function lie.
  std::span<std::byte* const> groups;
  std::size_t offset = 0;

  /// The accumulator of rows[i].
  std::byte* accumulator(std::size_t i) const { return groups[i] + offset; }
};

class AggregateFunction {
 public:
  virtual ~AggregateFunction() = default;

  virtual Type result_type() const = 0;
  /// Bytes of the accumulator; it is placed on an 8-byte boundary.
  virtual std::size_t accumulator_bytes() const = 0;

  /// Makes an accumulator of no rows in raw bytes.
  virtual void create(std::byte* accumulator) const = 0;
  /// Frees what create, update, merge or load allocated. Default: nothing to free.
  virtual void destroy(std::byte* accumulator) const;

  virtual void update(const AggregateInput& input) const = 0;
  /// Adds what `from` has seen to `into`; `from` came later in arrival order where that matters.
  virtual void merge(std::byte* into, const std::byte* from) const = 0;
  /// Appends the result to `out`; texts go into `arena`.
  virtual void result(const std::byte* accumulator, Column& out, Arena& arena) const = 0;

  /// Appends the accumulator's bytes for the state log. The form is versioned with the state
  /// format.
  virtual void save(const std::byte* accumulator, std::string& out) const = 0;
  /// Reads what save wrote into a created accumulator and drops it from the front of `in`;
  /// kCorrupt when the bytes are not of that form.
  virtual Result<void> load(std::string_view& in, std::byte* accumulator) const = 0;
  /// Whether accumulators may own heap bytes; counting them takes 8 bytes of each group. Default:
  /// they may.
  virtual bool owns_heap() const;
  /// Heap bytes behind the accumulator, for the memory budget. Default: none.
  virtual std::size_t heap_bytes(const std::byte* accumulator) const;
};

/// Makes aggregate functions by name: the built-in ones, and those that a developer registers.
class AggregateFactory {
 public:
  virtual ~AggregateFactory() = default;
  /// Name in SQL, lower case.
  virtual std::string_view name() const = 0;
  /// The function for these argument types (after implicit casts, see SQL binding), or what it
  /// takes instead, as a sentence: "avg takes one bigint, double or interval". `constants` holds
  /// the value of each argument that is a literal (approx_percentile's fraction), Null where it is
  /// not.
  virtual Result<std::unique_ptr<AggregateFunction>> make(
      std::span<const Type> arguments, bool distinct, std::span<const Value> constants) const = 0;
};

}  // namespace sitrep
