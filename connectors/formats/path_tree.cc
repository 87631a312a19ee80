// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/path_tree.h"

#include <algorithm>
#include <charconv>

#include "engine/base/ensure.h"

namespace sitrep {
namespace {

/// One part of a JSON pointer (RFC 6901) as the key that it means.
std::string unescape_part(std::string_view part) {
  std::string key;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const bool escaped = part[i] == '~' && i + 1 < part.size() &&
                         (part[i + 1] == '0' || part[i + 1] == '1');
    if (escaped) ++i;
    key += !escaped ? part[i] : part[i] == '0' ? '~' : '/';
  }
  return key;
}

/// 0, 1, 12, but not 01 or +1.
std::optional<std::uint32_t> as_array_position(std::string_view key) {
  std::uint32_t position = 0;
  const char* const end = key.data() + key.size();
  const auto [stop, error] = std::from_chars(key.data(), end, position);
  const bool leading_zero = key.size() > 1 && key.front() == '0';
  if (error != std::errc() || stop != end || leading_zero) return std::nullopt;
  return position;
}

PathNode& child_or_new(PathNode& parent, std::string_view part) {
  const std::string key = unescape_part(part);
  if (PathNode* const known = parent.child(key)) return *known;
  auto node = std::make_unique<PathNode>();
  node->key = key;
  node->position = as_array_position(key);
  node->pointer = parent.pointer + "/" + std::string(part);
  parent.children.push_back(std::move(node));
  return *parent.children.back();
}

}  // namespace

PathNode* PathNode::child(std::string_view name) const {
  for (const auto& node : children) {
    if (node->key == name) return node.get();
  }
  return nullptr;
}

PathNode* PathNode::child_at(std::uint32_t array_position) const {
  for (const auto& node : children) {
    if (node->position == array_position) return node.get();
  }
  return nullptr;
}

bool PathNode::has_positions() const {
  return std::ranges::any_of(children, [](const auto& node) { return node->position.has_value(); });
}

void add_path(PathNode& root, std::string_view pointer, std::uint32_t column) {
  ENSURE(pointer.starts_with('/'), "a JSON pointer begins with /");
  PathNode* node = &root;
  while (!pointer.empty()) {
    node->columns_beneath.push_back(column);
    pointer.remove_prefix(1);
    const std::size_t part_end = std::min(pointer.find('/'), pointer.size());
    node = &child_or_new(*node, pointer.substr(0, part_end));
    pointer.remove_prefix(part_end);
  }
  node->columns.push_back(column);
}

}  // namespace sitrep
