// SPDX-License-Identifier: Apache-2.0
// Functions that write a new text into the arena.
#include <algorithm>

#include "engine/api/function_registry.h"
#include "engine/sql/code_points.h"
#include "engine/sql/scalar_overloads.h"
#include "engine/sql/scalar_text.h"

namespace sitrep::sql {
namespace {

using View = std::string_view;
using Made = std::optional<View>;

char* write(View text, char* to) { return std::ranges::copy(text, to).out; }

View reverse(View text, Arena& arena) {
  char* to = arena.allocate(text.size());
  char* end = to + text.size();
  for (View rest = text; !rest.empty();) {
    const View point = first_points(rest, 1);
    end -= point.size();
    write(point, end);
    rest.remove_prefix(point.size());
  }
  return {to, text.size()};
}

Made repeat(View text, std::int64_t times, Arena& arena) {
  if (times <= 0 || text.empty()) return View();
  if (times == 1) return text;
  const auto count = static_cast<std::uint64_t>(times);
  if (count > kGrownBytesMax / text.size()) return std::nullopt;
  char* const begin = arena.allocate(text.size() * count);
  char* to = begin;
  for (std::uint64_t i = 0; i < count; ++i) to = write(text, to);
  return View(begin, text.size() * count);
}

std::size_t count_found(View text, View part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != View::npos; ++found) {
    at = text.find(part, at + part.size());
  }
  return found;
}

Made replace(View text, View from, View to, Arena& arena) {
  if (from.empty()) return text;
  const std::size_t found = count_found(text, from);
  if (found == 0) return text;
  if (to.size() > from.size() && to.size() > kGrownBytesMax / found) return std::nullopt;
  const std::size_t size = text.size() - found * from.size() + found * to.size();
  if (size > std::max(kGrownBytesMax, text.size())) return std::nullopt;
  char* const begin = arena.allocate(size);
  char* end = begin;
  for (std::size_t at = text.find(from); at != View::npos; at = text.find(from)) {
    end = write(to, write(text.substr(0, at), end));
    text.remove_prefix(at + from.size());
  }
  write(text, end);
  return View(begin, size);
}

/// `fill` over and over, cut to `points` characters. The bytes are bounded by the caller.
struct Padding {
  Padding(View fill, std::size_t points)
      : fill_(fill), whole_(points / count_points(fill)),
        cut_(first_points(fill, points % count_points(fill))) {}
  std::size_t bytes() const { return whole_ * fill_.size() + cut_.size(); }
  char* write_to(char* to) const {
    for (std::size_t i = 0; i < whole_; ++i) to = write(fill_, to);
    return write(cut_, to);
  }

 private:
  View fill_;
  std::size_t whole_;
  View cut_;
};

enum class Side { kLeft, kRight };

/// A text that is too long loses its end on either side.
template <Side side>
Made pad(View text, std::int64_t length, View fill, Arena& arena) {
  const std::uint64_t wanted = length < 0 ? 0 : static_cast<std::uint64_t>(length);
  const std::size_t points = count_points(text);
  if (wanted <= points) return first_points(text, wanted);
  if (fill.empty()) return text;
  if (wanted > kGrownBytesMax) return std::nullopt;
  const Padding padding(fill, wanted - points);
  const std::size_t size = text.size() + padding.bytes();
  if (size > kGrownBytesMax) return std::nullopt;
  char* const begin = arena.allocate(size);
  if constexpr (side == Side::kLeft) {
    write(text, padding.write_to(begin));
  } else {
    padding.write_to(write(text, begin));
  }
  return View(begin, size);
}

template <Side side>
void add_pad(FunctionRegistry& registry, const char* name) {
  registry.add(function(
      name, {overload<Text(Text, Bigint)>([](View text, std::int64_t length, Arena& arena) {
               return pad<side>(text, length, " ", arena);
             }),
             overload<Text(Text, Bigint, Text)>(pad<side>)}));
}

}  // namespace

void add_text_makers(FunctionRegistry& registry) {
  registry.add(function("reverse", {overload<Text(Text)>(reverse)}));
  registry.add(function("repeat", {overload<Text(Text, Bigint)>(repeat)}));
  registry.add(function("replace", {overload<Text(Text, Text, Text)>(replace)}));
  add_pad<Side::kLeft>(registry, "lpad");
  add_pad<Side::kRight>(registry, "rpad");
}

}  // namespace sitrep::sql
