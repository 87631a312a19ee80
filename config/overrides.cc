// SPDX-License-Identifier: Apache-2.0
#include "config/overrides.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "config/map_reader.h"
#include "config/read_yaml.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::string_view kProperties = "kafka.properties.";

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> keys;
  if (path.starts_with(kProperties)) {
    return {"kafka", "properties", std::string(path.substr(kProperties.size()))};
  }
  for (;;) {
    const std::size_t dot = path.find('.');
    keys.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return keys;
    path.remove_prefix(dot + 1);
  }
}

std::vector<std::string> keys_of(const ConfigNode& map) {
  std::vector<std::string> keys;
  for (const ConfigNode::Entry& entry : map.entries) keys.push_back(entry.key.value);
  return keys;
}

/// Sets one path of a tree.
class Override {
 public:
  Override(std::string_view path, SourcePlace place, ErrorList& errors)
      : keys_(split_path(path)), place_(place), errors_(errors) {}

  void apply(ConfigNode& root, ConfigNode value) {
    ConfigNode* node = &root;
    for (std::size_t level = 0; level < keys_.size(); ++level) {
      node = descend(*node, level);
      if (node == nullptr) return;
    }
    *node = std::move(value);
  }

 private:
  /// The path up to and without `level`.
  std::string path_to(std::size_t level) const {
    return level == 0 ? "the job file" : concat("'", join(std::span(keys_).first(level), "."), "'");
  }

  /// The child of `node` that keys_[level] names, made if need be; null after a complaint.
  ConfigNode* descend(ConfigNode& node, std::size_t level) {
    const std::string& key = keys_[level];
    if (key.empty()) {
      errors_.add(place_, "the path has an empty part");
      return nullptr;
    }
    if (node.kind == ConfigNode::Kind::kSequence) return item(node, level);
    if (node.kind == ConfigNode::Kind::kScalar) {
      errors_.add(place_, concat(path_to(level), " is one value; it has no '", key, "'"));
      return nullptr;
    }
    if (ConfigNode* child = node.find(key)) return child;
    if (level == 1 && (keys_[0] == "sources" || keys_[0] == "streams" || keys_[0] == "alerts")) {
      errors_.add(place_, concat(path_to(level), " has no '", key, "'",
                                 did_you_mean(key, keys_of(node))));
      return nullptr;
    }
    node.kind = ConfigNode::Kind::kMap;
    ConfigNode::Entry& made = node.entries.emplace_back();
    made.key.value = key;
    made.key.place = place_;
    made.value.place = place_;
    return &made.value;
  }

  ConfigNode* item(ConfigNode& list, std::size_t level) {
    const std::string& key = keys_[level];
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    const bool number = error == std::errc{} && end == key.data() + key.size();
    if (number && index < list.items.size()) return &list.items[index];
    errors_.add(place_, concat(path_to(level), " is a list of ", list.items.size(),
                               "; expected a number below that, found '", key, "'"));
    return nullptr;
  }

  const std::vector<std::string> keys_;
  const SourcePlace place_;
  ErrorList& errors_;
};

}  // namespace

void apply_overrides(std::span<const std::string> overrides, const Environment& environment,
                     ConfigNode& root, ErrorList& errors) {
  int number = 0;
  for (const std::string& text : overrides) {
    const SourcePlace place{.line = 0, .column = ++number};
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      errors.add(place, "expected path=value, found no '='");
      continue;
    }
    const SourceText source(std::string_view(text).substr(equals + 1), number);
    auto value = read_yaml(source, environment, errors);
    if (!value) continue;
    Override(std::string_view(text).substr(0, equals), place, errors)
        .apply(root, *std::move(value));
  }
}

}  // namespace sitrep
