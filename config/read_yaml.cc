// SPDX-License-Identifier: Apache-2.0
#include "config/read_yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "config/scalar_source.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

class TreeBuilder {
 public:
  TreeBuilder(const SourceText& source, const Environment& environment, ErrorList& errors)
      : source_(source), environment_(environment), errors_(errors) {}

  /// Nothing when a bound was exceeded.
  std::optional<ConfigNode> build(const YAML::Node& root) {
    ConfigNode node = convert(root, source_.place(0), 1);
    if (aborted_) return std::nullopt;
    return node;
  }

 private:
  /// `owner`: place of what has this value; an empty value has no place of its own.
  ConfigNode convert(const YAML::Node& yaml, SourcePlace owner, int depth) {
    ConfigNode node;
    node.place = yaml.IsNull() ? owner : place_of(yaml);
    if (aborted_ || !within_bounds(node.place, depth)) return node;
    if (yaml.IsScalar()) {
      node.kind = ConfigNode::Kind::kScalar;
      node.text = read_scalar(yaml);
      text_bytes_ += node.text.value.size();
    } else if (yaml.IsSequence()) {
      node.kind = ConfigNode::Kind::kSequence;
      for (const YAML::Node& item : yaml) {
        node.items.push_back(convert(item, node.place, depth + 1));
        if (aborted_) break;
      }
    } else if (yaml.IsMap()) {
      node.kind = ConfigNode::Kind::kMap;
      for (const auto& entry : yaml) {
        add_entry(node, entry.first, entry.second, depth);
        if (aborted_) break;
      }
    }
    return node;
  }

  /// Aliases make a small text large (and endless, when one is inside its own anchor).
  bool within_bounds(SourcePlace place, int depth) {
    if (depth > kConfigDepthMax) {
      errors_.add(place, concat("nested deeper than ", kConfigDepthMax, " levels"));
      aborted_ = true;
    } else if (++nodes_ > kConfigNodesMax) {
      errors_.add(place, concat("more than ", kConfigNodesMax,
                                " values after the expansion of aliases"));
      aborted_ = true;
    } else if (text_bytes_ > kConfigTextBytesMax) {
      errors_.add(place, concat("more than ", kConfigTextBytesMax,
                                " bytes of text after the expansion of aliases"));
      aborted_ = true;
    }
    return !aborted_;
  }

  void add_entry(ConfigNode& map, const YAML::Node& key, const YAML::Node& value, int depth) {
    if (!key.IsScalar()) {
      errors_.add(key.IsNull() ? map.place : place_of(key), "a key must be a text");
      return;
    }
    PlacedText name{.value = key.Scalar(), .place = place_of(key), .runs = {}};
    for (const ConfigNode::Entry& entry : map.entries) {
      if (entry.key.value != name.value) continue;
      errors_.add(name.place, concat("the key '", name.value, "' is here twice; first on line ",
                                     entry.key.place.line));
      return;
    }
    ConfigNode child = convert(value, name.place, depth + 1);
    map.entries.push_back({std::move(name), std::move(child)});
  }

  SourcePlace place_of(const YAML::Node& yaml) const {
    const int position = yaml.Mark().pos;
    return source_.place(position < 0 ? 0 : static_cast<std::size_t>(position));
  }

  PlacedText read_scalar(const YAML::Node& yaml) {
    const std::string& written = yaml.Scalar();
    const auto begin = static_cast<std::size_t>(std::max(yaml.Mark().pos, 0));
    ScalarSource source{.offsets = std::vector<std::size_t>(written.size(), begin)};
    if (auto located = locate_scalar(source_.text(), begin, written)) source = *std::move(located);
    if (!source.terminated) {
      errors_.add(source_.place(begin), "the quoted text that begins here does not end");
    }
    Interpolation filled = interpolate(written, environment_);
    for (Interpolation::Complaint& complaint : filled.complaints) {
      errors_.add(source_.place(source.offsets[complaint.offset]), std::move(complaint.message));
    }
    if (!filled.complaints.empty()) errors_.mute(place_of(yaml));
    PlacedText text{.value = std::move(filled.value), .place = place_of(yaml), .runs = {}};
    for (std::size_t i = 0; i < text.value.size(); ++i) {
      const std::size_t offset = source.offsets[filled.origins[i]];
      if (i == 0 || begins_run(text.value, filled, source, i)) {
        text.runs.push_back({i, source_.place(offset), filled.verbatim[i]});
      }
    }
    return text;
  }

  /// Whether byte i of `value` does not simply follow byte i - 1 in the file.
  static bool begins_run(const std::string& value, const Interpolation& filled,
                         const ScalarSource& source, std::size_t i) {
    const std::size_t before = source.offsets[filled.origins[i - 1]];
    const std::size_t here = source.offsets[filled.origins[i]];
    if (filled.verbatim[i] != filled.verbatim[i - 1]) return true;
    if (!filled.verbatim[i]) return here != before;
    return here != before + 1 || value[i - 1] == '\n';
  }

  const SourceText& source_;
  const Environment& environment_;
  ErrorList& errors_;
  std::size_t nodes_ = 0;
  std::size_t text_bytes_ = 0;
  bool aborted_ = false;
};

std::optional<ConfigNode> build_tree(const SourceText& source, const Environment& environment,
                                     ErrorList& errors) {
  const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(source.text()));
  if (documents.empty()) {
    ConfigNode nothing;
    nothing.place = source.place(0);
    return nothing;
  }
  if (documents.size() > 1) {
    const int position = std::max(documents[1].Mark().pos, 0);
    errors.add(source.place(static_cast<std::size_t>(position)),
               "a second YAML document begins here; expected one");
    return std::nullopt;
  }
  return TreeBuilder(source, environment, errors).build(documents[0]);
}

/// `{brokers: ${NAME}}` is a map in a map for YAML, and what it says of that helps nobody.
std::string_view variable_hint(std::string_view text, std::size_t position) {
  const std::size_t begin = text.rfind('\n', std::min(position, text.size())) + 1;
  const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  const std::size_t variable = line.find("${");
  if (variable == std::string_view::npos || variable == 0) return "";
  const bool bare = line[variable - 1] == ' ' && line.find('{') < variable;
  return bare ? "; inside of { } a variable needs quotes: \"${NAME}\"" : "";
}

}  // namespace

std::optional<ConfigNode> read_yaml(const SourceText& source, const Environment& environment,
                                    ErrorList& errors) {
  if (const auto invalid = find_invalid_utf8(source.text())) {
    errors.add(source.place(*invalid), "this byte is not UTF-8 text");
    return std::nullopt;
  }
  try {  // yaml-cpp reports by exceptions
    return build_tree(source, environment, errors);
  } catch (const YAML::Exception& exception) {
    const auto position = static_cast<std::size_t>(std::max(exception.mark.pos, 0));
    errors.add(source.place(position), concat("YAML syntax: ", exception.msg,
                                              variable_hint(source.text(), position)));
    return std::nullopt;
  }
}

}  // namespace sitrep
