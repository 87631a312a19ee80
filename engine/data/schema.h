// SPDX-License-Identifier: Apache-2.0
#pragma once
// The named, typed columns of a stream, in order. Immutable in use. Thread-compatible.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/type.h"

namespace sitrep {

struct Field {
  std::string name;
  Type type;

  friend bool operator==(const Field&, const Field&) = default;
};

struct Schema {
  std::vector<Field> fields;

  std::size_t size() const { return fields.size(); }
  /// Position of the column called `name` (names are compared exactly).
  std::optional<std::size_t> find(std::string_view name) const;
  /// All names, in order; what a "did you mean" chooses from.
  std::vector<std::string> names() const;

  friend bool operator==(const Schema&, const Schema&) = default;
};

}  // namespace sitrep
