// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/canonical_json.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <map>

#include "connectors/formats/json_text.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr int kSignificantDigits = 10;

void append_number(std::string& out, double value) {
  std::array<char, 40> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value + 0.0,
                                 std::chars_format::general, kSignificantDigits)
                       .ptr;
  out.append(digits.data(), end);
}

void append_canonical(std::string& out, simdjson::dom::element value) {
  using simdjson::dom::element_type;
  switch (value.type()) {
    case element_type::OBJECT: {
      std::map<std::string_view, simdjson::dom::element> fields;
      const simdjson::dom::object object = value.get_object().value_unsafe();
      for (const auto field : object) fields[field.key] = field.value;
      out += '{';
      for (const auto& [name, field] : fields) {
        if (out.back() != '{') out += ',';
        append_json_string(out, name);
        out += ':';
        append_canonical(out, field);
      }
      out += '}';
      return;
    }
    case element_type::ARRAY: {
      const simdjson::dom::array array = value.get_array().value_unsafe();
      out += '[';
      for (const auto element : array) {
        if (out.back() != '[') out += ',';
        append_canonical(out, element);
      }
      out += ']';
      return;
    }
    case element_type::STRING: {
      const std::string_view text = value.get_string().value_unsafe();
      const auto time = parse_timestamp(text);
      append_json_string(out, time ? format_timestamp(*time) : std::string(text));
      return;
    }
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE: append_number(out, value.get_double().value_unsafe()); return;
    case element_type::BOOL: out += value.get_bool().value_unsafe() ? "true" : "false"; return;
    case element_type::NULL_VALUE: out += "null"; return;
  }
}

}  // namespace

Result<std::string> canonical_json(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element value;
  if (const auto error = parser.parse(json.data(), json.size()).get(value)) {
    return invalid_config(concat("not JSON (", simdjson::error_message(error), "): ", json));
  }
  std::string out;
  append_canonical(out, value);
  return out;
}

}  // namespace sitrep
