// SPDX-License-Identifier: Apache-2.0
#pragma once
// Single values of the job file: texts, names, numbers, durations, sizes, choices. Each reads a
// node or complains at its place, naming `what` (the key) and what would have been right.
// Thread-safe.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config_node.h"
#include "config/error_list.h"
#include "engine/base/ids.h"
#include "engine/data/type.h"
#include "engine/data/value.h"

namespace sitrep {

/// A scalar that is not empty.
std::optional<PlacedText> read_text(const ConfigNode& node, std::string_view what,
                                    ErrorList& errors);
/// One text, or a list of them.
std::vector<PlacedText> read_texts(const ConfigNode& node, std::string_view what,
                                   ErrorList& errors);
/// Letters, digits and `_`, no digit first: what SQL can name without quotes.
bool check_identifier(const PlacedText& name, std::string_view what, ErrorList& errors);
/// Letters, digits, `.`, `_`, `-`, at most 249: what Kafka takes, and no way out of a directory.
std::optional<PlacedText> read_topic(const ConfigNode& node, std::string_view what,
                                     ErrorList& errors);
std::optional<bool> read_boolean(const ConfigNode& node, std::string_view what, ErrorList& errors);
std::optional<double> read_number(const ConfigNode& node, std::string_view what, ErrorList& errors);

struct IntegerRange {
  std::int64_t min;
  std::int64_t max;
};
std::optional<std::int64_t> read_integer(const ConfigNode& node, std::string_view what,
                                         IntegerRange range, ErrorList& errors);
/// `30s`, `5min`, `100ms`.
std::optional<Micros> read_duration(const ConfigNode& node, std::string_view what,
                                    ErrorList& errors);
/// `256MiB`, `1.5GiB`, `64kB`, or plain bytes.
std::optional<std::size_t> read_bytes(const ConfigNode& node, std::string_view what,
                                      ErrorList& errors);
std::optional<std::size_t> parse_bytes(std::string_view text);
/// A value of `type`, as a `default:` writes it.
std::optional<Value> read_value(const ConfigNode& node, Type type, std::string_view what,
                                ErrorList& errors);

template <typename Choice>
using Choices = std::vector<std::pair<std::string_view, Choice>>;

/// Position of the node's text among `names`.
std::optional<std::size_t> read_choice_index(const ConfigNode& node,
                                             const std::vector<std::string>& names,
                                             std::string_view what, ErrorList& errors);

/// The choice that the node's text names.
template <typename Choice>
std::optional<Choice> read_choice(const ConfigNode& node, const Choices<Choice>& choices,
                                  std::string_view what, ErrorList& errors) {
  std::vector<std::string> names;
  for (const auto& [name, choice] : choices) names.emplace_back(name);
  const auto index = read_choice_index(node, names, what, errors);
  if (!index) return std::nullopt;
  return choices[*index].second;
}

}  // namespace sitrep
