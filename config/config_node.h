// SPDX-License-Identifier: Apache-2.0
#pragma once
// A YAML document as a plain tree: maps in order, sequences, and scalars as text with their places
// and with `${NAME}` already filled in. Everything behind read_yaml sees only this.
// Thread-compatible.

#include <string_view>
#include <vector>

#include "config/placed_text.h"

namespace sitrep {

struct ConfigNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  SourcePlace place;
  /// Of a scalar.
  PlacedText text;
  /// Of a sequence.
  std::vector<ConfigNode> items;
  /// Of a map, in order, keys unique.
  std::vector<Entry> entries;

  /// The value of `key`; null when this is no map or has no such key.
  const ConfigNode* find(std::string_view key) const;
  ConfigNode* find(std::string_view key);
};

struct ConfigNode::Entry {
  PlacedText key;
  ConfigNode value;
};

/// a text, a list, a map or nothing: for "expected …, found …".
std::string_view to_string(ConfigNode::Kind kind);

}  // namespace sitrep
