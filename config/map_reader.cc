// SPDX-License-Identifier: Apache-2.0
#include "config/map_reader.h"

#include <algorithm>

#include "engine/base/text.h"

namespace sitrep {

MapReader::MapReader(const ConfigNode& node, std::string what, ErrorList& errors)
    : node_(node), what_(std::move(what)), errors_(errors) {
  if (node.kind == ConfigNode::Kind::kMap) return;
  errors_.add(node.place, concat(what_, ": expected a map, found ", to_string(node.kind)));
}

const ConfigNode* MapReader::find(std::string_view key) {
  known_.emplace_back(key);
  return node_.find(key);
}

const ConfigNode* MapReader::require(std::string_view key) {
  const ConfigNode* value = find(key);
  if (value == nullptr && is_map()) {
    errors_.add(node_.place, concat(what_, " needs '", key, "'"));
  }
  return value;
}

void MapReader::refuse_others() {
  std::sort(known_.begin(), known_.end());
  for (const ConfigNode::Entry& entry : node_.entries) {
    if (std::binary_search(known_.begin(), known_.end(), entry.key.value)) continue;
    errors_.add(entry.key.place,
                concat(what_, ": unknown key '", entry.key.value, "'",
                       did_you_mean(entry.key.value, known_), "; known: ", join(known_, ", ")));
  }
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const auto near = nearest_name(name, known);
  return near ? concat(" (did you mean '", *near, "'?)") : "";
}

}  // namespace sitrep
