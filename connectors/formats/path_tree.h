// SPDX-License-Identifier: Apache-2.0
#pragma once
// The JSON pointers of the columns to be read, as a tree by keys, so that one pass over an object
// fills all columns beneath it: /air/temperature_c and /air/co2_ppm share the node /air. Numbers in
// a pointer are keys of objects, and positions in arrays. A node carries what a decoder remembers
// of it (the order of its keys, the object in which it was last met). Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/formats/key_order.h"

namespace sitrep {

struct PathNode {
  /// The pointer's last part, unescaped; what keys of the text are compared with.
  std::string key;
  /// The same as a position in an array, if it is one.
  std::optional<std::uint32_t> position;
  /// The whole pointer, for dead letters.
  std::string pointer;
  /// Columns that read the value here; most often one, or none and children.
  std::vector<std::uint32_t> columns;
  /// Columns of all nodes beneath.
  std::vector<std::uint32_t> columns_beneath;
  std::vector<std::unique_ptr<PathNode>> children;

  KeyOrder order;
  /// Serial number of the object in which the node was last met: a second time in the same is a
  /// duplicate key.
  std::uint64_t met_in = 0;

  PathNode* child(std::string_view name) const;
  PathNode* child_at(std::uint32_t array_position) const;
  /// Whether some child can be an element of an array.
  bool has_positions() const;
};

/// Adds the node of `pointer` ("/position/lat", with ~0 for ~ and ~1 for /) beneath `root`, and
/// gives it `column`.
void add_path(PathNode& root, std::string_view pointer, std::uint32_t column);

}  // namespace sitrep
