// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/shape_store.h"

#include <utility>

#include "engine/base/text.h"
#include "engine/runtime/topology.h"

namespace sitrep {

void ShapeStore::expect(std::string node, std::string shape) {
  shapes_.emplace(std::move(node), Shape{.text = std::move(shape), .saved = false});
}

bool ShapeStore::is_new(std::string_view node) const {
  const auto found = shapes_.find(node);
  return found != shapes_.end() && !found->second.saved;
}

void ShapeStore::collect(Epoch, ChangeSink& changes) {
  for (auto& [node, shape] : shapes_) {
    if (std::exchange(shape.saved, true)) continue;
    changes.put(id(), {.clock = {}, .pane = 0, .key = node}, shape.text);
  }
}

Result<void> ShapeStore::restore(const StateKey& key, std::string_view value) {
  const auto found = shapes_.find(key.key);
  if (found == shapes_.end()) return {};  // of a stream that the job no longer has
  if (found->second.text != value) {
    return invalid_config(concat(
        "stream ", key.key, " keeps other state than before: it kept\n  ", value,
        "\nand would keep\n  ", found->second.text,
        "\nRows of both cannot be mixed. Give the changed stream a new name (it begins empty, the "
        "old state stays unused), take the change back, or drop its state with `sitrep reset JOB "
        "--stream ",
        stream_of(key.key), "`"));
  }
  found->second.saved = true;
  return {};
}

std::size_t ShapeStore::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [node, shape] : shapes_) bytes += node.size() + shape.text.size();
  return bytes;
}

}  // namespace sitrep
