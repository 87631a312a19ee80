// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/window_clause.h"

#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep::sql {
namespace {

/// A row enters width / slide windows at most; more would be a slip of the pen that eats the
/// memory.
constexpr Micros kOverlapMax = 10'000;

std::string function_of(const Json& node) {
  if (kind_of(node) != "FuncCall") return "";
  return name_parts(list_in(body_of(node), "funcname")).back();
}

/// Every argument as microseconds, or nothing with a diagnostic.
std::optional<std::vector<Micros>> constant_intervals(const Json& nodes,
                                                      const std::string& function,
                                                      ExpressionBinder& binder,
                                                      Diagnostics& diagnostics) {
  std::vector<Micros> out;
  for (const Json& node : nodes) {
    const ExpressionPtr value = binder.bind_as(node, Type::kInterval, function);
    if (value == nullptr) continue;
    const auto* micros = std::get_if<std::int64_t>(&value->literal);
    if (micros != nullptr) {
      out.push_back(*micros);
    } else {
      diagnostics.push_back({location_of(node), concat(function, " wants constant intervals like "
                                                                 "interval '10 seconds'")});
    }
  }
  if (out.size() != nodes.size()) return std::nullopt;
  return out;
}

std::optional<std::string> complaint_about(const Window& window) {
  if (window.width <= 0) return "the width of a window must be above zero";
  if (window.slide <= 0) return "the slide of a window must be above zero";
  if (window.slide > window.width) {
    return concat("the slide (", format_duration(window.slide), ") is longer than the width (",
                  format_duration(window.width), "): rows between two windows would be lost");
  }
  if (window.width % window.slide != 0) {
    return concat("the width (", format_duration(window.width),
                  ") is not a multiple of the slide (",
                  format_duration(window.slide), "); rows are kept in panes of one slide");
  }
  if (window.width / window.slide > kOverlapMax) {
    return concat("each row would enter ", window.width / window.slide, " windows, at most ",
                  kOverlapMax, " are allowed; take a longer slide");
  }
  return std::nullopt;
}

}  // namespace

bool is_window(const Json& node) {
  const std::string function = function_of(node);
  return function == "tumble" || function == "hop";
}

std::optional<Window> bind_window(const Json& node, ExpressionBinder& binder,
                                  Diagnostics& diagnostics) {
  const std::string function = function_of(node);
  const bool hop = function == "hop";
  const Json& arguments = list_in(body_of(node), "args");
  const std::size_t needed = hop ? 2 : 1;
  if (arguments.size() < needed || arguments.size() > needed + 1) {
    diagnostics.push_back(
        {location_of(node),
         hop ? "hop takes hop(width, slide) or hop(width, slide, offset), all intervals"
             : "tumble takes tumble(width) or tumble(width, offset), both intervals"});
    return std::nullopt;
  }
  const auto values = constant_intervals(arguments, function, binder, diagnostics);
  if (!values) return std::nullopt;
  const Window window{.width = (*values)[0],
                      .slide = hop ? (*values)[1] : (*values)[0],
                      .offset = values->size() > needed ? values->back() : 0};
  if (const auto complaint = complaint_about(window)) {
    diagnostics.push_back({location_of(node), *complaint});
    return std::nullopt;
  }
  return window;
}

}  // namespace sitrep::sql
