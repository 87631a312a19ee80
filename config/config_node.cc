// SPDX-License-Identifier: Apache-2.0
#include "config/config_node.h"

#include <utility>

#include "engine/base/ensure.h"

namespace sitrep {

const ConfigNode* ConfigNode::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

ConfigNode* ConfigNode::find(std::string_view key) {
  return const_cast<ConfigNode*>(std::as_const(*this).find(key));
}

std::string_view to_string(ConfigNode::Kind kind) {
  switch (kind) {
    case ConfigNode::Kind::kNull: return "nothing";
    case ConfigNode::Kind::kScalar: return "a text";
    case ConfigNode::Kind::kSequence: return "a list";
    case ConfigNode::Kind::kMap: return "a map";
  }
  ENSURE(false, "unknown ConfigNode::Kind");
}

}  // namespace sitrep
