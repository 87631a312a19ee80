// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads one map of the job file strictly: each key that may stand there is asked for by name, and
// what is left over in the end is an unknown key. Refers to the node and the list.
// Thread-compatible.
//
//   MapReader map(node, "dead_letters", errors);
//   if (const ConfigNode* topic = map.find("topic")) …
//   map.refuse_others();

#include <string>
#include <string_view>
#include <vector>

#include "config/config_node.h"
#include "config/error_list.h"

namespace sitrep {

class MapReader {
 public:
  /// `what` the map describes, for messages: "source 'telemetry'". Complains when `node` is no map.
  MapReader(const ConfigNode& node, std::string what, ErrorList& errors);

  /// The value of `key`, or null.
  const ConfigNode* find(std::string_view key);
  /// As find, but complains when it is absent.
  const ConfigNode* require(std::string_view key);
  /// Complains about every key that was not asked for.
  void refuse_others();

  bool is_map() const { return node_.kind == ConfigNode::Kind::kMap; }
  /// Where the map begins.
  SourcePlace place() const { return node_.place; }
  const std::string& what() const { return what_; }
  ErrorList& errors() { return errors_; }

 private:
  const ConfigNode& node_;
  std::string what_;
  ErrorList& errors_;
  std::vector<std::string> known_;
};

/// ` (did you mean 'topic'?)`, or nothing when no known name is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

}  // namespace sitrep
