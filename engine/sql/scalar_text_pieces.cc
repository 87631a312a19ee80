// SPDX-License-Identifier: Apache-2.0
// Functions whose result is a piece of an argument: a view of it, nothing is copied.
#include <algorithm>
#include <limits>

#include "engine/api/function_registry.h"
#include "engine/sql/code_points.h"
#include "engine/sql/scalar_overloads.h"
#include "engine/sql/scalar_text.h"

namespace sitrep::sql {
namespace {

using View = std::string_view;
using Piece = std::optional<View>;

View trim_left(View text, View characters) {
  while (!text.empty() && characters.find(first_points(text, 1)) != View::npos) {
    text = after_points(text, 1);
  }
  return text;
}

View trim_right(View text, View characters) {
  while (!text.empty() && characters.find(last_points(text, 1)) != View::npos) {
    text = before_last_points(text, 1);
  }
  return text;
}

View trim_both(View text, View characters) {
  return trim_right(trim_left(text, characters), characters);
}

template <typename Trim>
void add_trim(FunctionRegistry& registry, const char* name, Trim trim) {
  registry.add(function(
      name, {overload<Text(Text)>([trim](View text) { return trim(text, View(" ")); }),
             overload<Text(Text, Text)>(trim)}));
}

std::uint64_t magnitude(std::int64_t count) {
  const auto bits = static_cast<std::uint64_t>(count);
  return count < 0 ? 0 - bits : bits;
}

View substring_from(View text, std::int64_t from) {
  return from <= 1 ? text : after_points(text, static_cast<std::uint64_t>(from - 1));
}

/// The window [from, from + count) of the characters 1, 2, …; it may begin before the first.
Piece substring(View text, std::int64_t from, std::int64_t count) {
  if (count < 0) return std::nullopt;
  std::int64_t end = 0;
  if (__builtin_add_overflow(from, count, &end)) end = std::numeric_limits<std::int64_t>::max();
  const std::int64_t begin = std::max<std::int64_t>(from, 1);
  if (end <= begin) return View();
  return first_points(substring_from(text, begin), static_cast<std::uint64_t>(end - begin));
}

View left(View text, std::int64_t count) {
  return count < 0 ? before_last_points(text, magnitude(count))
                   : first_points(text, magnitude(count));
}

View right(View text, std::int64_t count) {
  return count < 0 ? after_points(text, magnitude(count)) : last_points(text, magnitude(count));
}

/// The field with that number, the first being 1; empty when there are fewer.
View field(View text, View delimiter, std::uint64_t number) {
  for (; number > 1; --number) {
    const std::size_t at = text.find(delimiter);
    if (at == View::npos) return {};
    text.remove_prefix(at + delimiter.size());
  }
  return text.substr(0, text.find(delimiter));
}

std::uint64_t count_fields(View text, View delimiter) {
  std::uint64_t fields = 1;
  for (std::size_t at = text.find(delimiter); at != View::npos; ++fields) {
    at = text.find(delimiter, at + delimiter.size());
  }
  return fields;
}

/// Negative numbers count from the last field.
Piece split_part(View text, View delimiter, std::int64_t number) {
  if (number == 0) return std::nullopt;
  if (delimiter.empty()) return magnitude(number) == 1 ? text : View();
  if (number > 0) return field(text, delimiter, magnitude(number));
  const std::uint64_t fields = count_fields(text, delimiter);
  if (magnitude(number) > fields) return View();
  return field(text, delimiter, fields + 1 - magnitude(number));
}

}  // namespace

void add_text_pieces(FunctionRegistry& registry) {
  add_trim(registry, "btrim", trim_both);
  add_trim(registry, "ltrim", trim_left);
  add_trim(registry, "rtrim", trim_right);
  for (const char* name : {"substring", "substr"}) {
    registry.add(function(name, {overload<Text(Text, Bigint)>(substring_from),
                                 overload<Text(Text, Bigint, Bigint)>(substring)}));
  }
  registry.add(function("left", {overload<Text(Text, Bigint)>(left)}));
  registry.add(function("right", {overload<Text(Text, Bigint)>(right)}));
  registry.add(function("split_part", {overload<Text(Text, Text, Bigint)>(split_part)}));
}

}  // namespace sitrep::sql
