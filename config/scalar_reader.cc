// SPDX-License-Identifier: Apache-2.0
#include "config/scalar_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "config/map_reader.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr std::size_t kTopicBytesMax = 249;  // Kafka's own limit

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The scalar's text, or a complaint that it is none.
const PlacedText* scalar_of(const ConfigNode& node, std::string_view what, ErrorList& errors) {
  if (node.kind == ConfigNode::Kind::kScalar) return &node.text;
  errors.add(node.place, concat("'", what, "': expected one value, found ", to_string(node.kind)));
  return nullptr;
}

void complain(const PlacedText& text, std::string_view what, std::string_view expected,
              ErrorList& errors) {
  errors.add(text.place,
             concat("'", what, "': expected ", expected, ", found '", text.value, "'"));
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> parse_finite(std::string_view text) {
  const auto number = parse_number<double>(text);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return number;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<Value> parse_value(const std::string& text, Type type) {
  const auto as_value = [](const auto& parsed) {
    return parsed ? std::optional<Value>(*parsed) : std::nullopt;
  };
  switch (type) {
    case Type::kBoolean: return as_value(parse_boolean(text));
    case Type::kBigint: return as_value(parse_number<std::int64_t>(text));
    case Type::kDouble: return as_value(parse_finite(text));
    case Type::kText: return Value(text);
    case Type::kTimestamp: return as_value(parse_timestamp(text));
    case Type::kInterval: return as_value(parse_interval(text));
  }
  return std::nullopt;
}

}  // namespace

std::optional<PlacedText> read_text(const ConfigNode& node, std::string_view what,
                                    ErrorList& errors) {
  const PlacedText* text = scalar_of(node, what, errors);
  if (text == nullptr) return std::nullopt;
  if (text->value.empty()) {
    errors.add(text->place, concat("'", what, "' is empty"));
    return std::nullopt;
  }
  return *text;
}

std::vector<PlacedText> read_texts(const ConfigNode& node, std::string_view what,
                                   ErrorList& errors) {
  std::vector<PlacedText> texts;
  if (node.kind != ConfigNode::Kind::kSequence) {
    if (auto text = read_text(node, what, errors)) texts.push_back(*std::move(text));
    return texts;
  }
  for (const ConfigNode& item : node.items) {
    auto text = read_text(item, what, errors);
    if (!text) continue;
    if (std::find(texts.begin(), texts.end(), text->value) != texts.end()) {
      errors.add(text->place, concat("'", what, "' names '", text->value, "' twice"));
      continue;
    }
    texts.push_back(*std::move(text));
  }
  return texts;
}

bool check_identifier(const PlacedText& name, std::string_view what, ErrorList& errors) {
  const std::string& text = name.value;
  const bool valid = !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
                     std::all_of(text.begin(), text.end(), is_word);
  if (!valid) {
    errors.add(name.place, concat(what, " '", text,
                                  "': expected letters, digits and '_', no digit first"));
  }
  return valid;
}

std::optional<PlacedText> read_topic(const ConfigNode& node, std::string_view what,
                                     ErrorList& errors) {
  auto text = read_text(node, what, errors);
  if (!text) return std::nullopt;
  const std::string& name = text->value;
  const bool valid = name.size() <= kTopicBytesMax && name != "." && name != ".." &&
                     std::all_of(name.begin(), name.end(),
                                 [](char c) { return is_word(c) || c == '.' || c == '-'; });
  if (!valid) {
    complain(*text, what, "a name of at most 249 letters, digits, '.', '_' and '-'", errors);
    return std::nullopt;
  }
  return text;
}

std::optional<bool> read_boolean(const ConfigNode& node, std::string_view what, ErrorList& errors) {
  const PlacedText* text = scalar_of(node, what, errors);
  if (text == nullptr) return std::nullopt;
  const auto value = parse_boolean(text->value);
  if (!value) complain(*text, what, "true or false", errors);
  return value;
}

std::optional<double> read_number(const ConfigNode& node, std::string_view what,
                                  ErrorList& errors) {
  const PlacedText* text = scalar_of(node, what, errors);
  if (text == nullptr) return std::nullopt;
  const auto value = parse_finite(text->value);
  if (!value) complain(*text, what, "a number", errors);
  return value;
}

std::optional<std::int64_t> read_integer(const ConfigNode& node, std::string_view what,
                                         IntegerRange range, ErrorList& errors) {
  const PlacedText* text = scalar_of(node, what, errors);
  if (text == nullptr) return std::nullopt;
  const auto value = parse_number<std::int64_t>(text->value);
  if (value && *value >= range.min && *value <= range.max) return value;
  complain(*text, what, concat("a whole number from ", range.min, " to ", range.max), errors);
  return std::nullopt;
}

std::optional<Micros> read_duration(const ConfigNode& node, std::string_view what,
                                    ErrorList& errors) {
  const PlacedText* text = scalar_of(node, what, errors);
  if (text == nullptr) return std::nullopt;
  const auto value = parse_duration(text->value);
  if (!value) {
    complain(*text, what, "a duration such as 500ms, 30s, 5min, 1h or 2d", errors);
  }
  return value;
}

std::optional<std::size_t> parse_bytes(std::string_view text) {
  static const Choices<double> kUnits = {
      {"", 1},          {"B", 1},           {"kB", 1e3},        {"MB", 1e6},
      {"GB", 1e9},      {"KiB", 1024},      {"MiB", 1048576},   {"GiB", 1073741824}};
  constexpr double kBytesMax = 1e15;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = parse_finite(text.substr(0, digits));
  if (!number) return std::nullopt;
  std::string_view unit = text.substr(digits);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const auto& [name, factor] : kUnits) {
    if (name != unit) continue;
    const double bytes = *number * factor;
    return bytes <= kBytesMax ? std::optional(static_cast<std::size_t>(bytes)) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::size_t> read_bytes(const ConfigNode& node, std::string_view what,
                                      ErrorList& errors) {
  const PlacedText* text = scalar_of(node, what, errors);
  if (text == nullptr) return std::nullopt;
  const auto value = parse_bytes(text->value);
  if (!value) complain(*text, what, "a size such as 64MiB or 1GiB", errors);
  return value;
}

std::optional<Value> read_value(const ConfigNode& node, Type type, std::string_view what,
                                ErrorList& errors) {
  const PlacedText* text = scalar_of(node, what, errors);
  if (text == nullptr) return std::nullopt;
  auto value = parse_value(text->value, type);
  if (!value) complain(*text, what, concat("a ", to_string(type)), errors);
  return value;
}

std::optional<std::size_t> read_choice_index(const ConfigNode& node,
                                             const std::vector<std::string>& names,
                                             std::string_view what, ErrorList& errors) {
  const PlacedText* text = scalar_of(node, what, errors);
  if (text == nullptr) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), text->value);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  errors.add(text->place, concat("'", what, "': expected ", join(names, ", "), "; found '",
                                 text->value, "'", did_you_mean(text->value, names)));
  return std::nullopt;
}

}  // namespace sitrep
