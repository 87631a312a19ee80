// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scalar_text.h"

#include "engine/api/function_registry.h"
#include "engine/sql/code_points.h"
#include "engine/sql/letter_case.h"
#include "engine/sql/scalar_overloads.h"

namespace sitrep::sql {
namespace {

using View = std::string_view;

/// The number of the first character; 0 for an empty text.
std::int64_t first_point(View text) {
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0xC0) return first;
  std::int64_t point = first & (first < 0xE0 ? 0x1F : first < 0xF0 ? 0x0F : 0x07);
  for (const char c : text.substr(1, point_bytes(text) - 1)) point = point << 6 | (c & 0x3F);
  return point;
}

std::int64_t position(View text, View part) {
  const std::size_t at = text.find(part);
  if (at == View::npos) return 0;
  return static_cast<std::int64_t>(count_points(text.substr(0, at))) + 1;
}

template <typename Row>
void add_number_of(FunctionRegistry& registry, const char* name, Row row) {
  registry.add(function(name, {overload<Bigint(Text)>(row)}));
}

}  // namespace

void add_text_scalars(FunctionRegistry& registry) {
  registry.add(function("lower", {overload<Text(Text)>(to_lower)}));
  registry.add(function("upper", {overload<Text(Text)>(to_upper)}));
  registry.add(function("initcap", {overload<Text(Text)>(to_initcap)}));
  for (const char* name : {"length", "char_length", "character_length"}) {
    add_number_of(registry, name, count_points);
  }
  add_number_of(registry, "octet_length", [](View text) { return text.size(); });
  add_number_of(registry, "bit_length", [](View text) { return text.size() * 8; });
  add_number_of(registry, "ascii", first_point);
  for (const char* name : {"position", "strpos"}) {
    registry.add(function(name, {overload<Bigint(Text, Text)>(position)}));
  }
  registry.add(function("starts_with", {overload<Boolean(Text, Text)>([](View text, View prefix) {
                          return text.starts_with(prefix);
                        })}));
  add_text_pieces(registry);
  add_text_makers(registry);
  add_text_joiners(registry);
}

}  // namespace sitrep::sql
