// SPDX-License-Identifier: Apache-2.0
#pragma once
// An alert's text with `{column}` or `{expression}` in it, taken apart once: "{vehicle_id} at
// {round(speed)} km/h". `{{` and `}}` stand for one brace; within an expression one in quotes is
// part of it. Thread-compatible.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/schema.h"
#include "engine/sql/diagnostic.h"

namespace sitrep {

struct TextTemplate {
  /// A literal text, or the value of a column, or that of an expression, by the number that
  /// BindExpression gave it.
  struct Piece {
    std::string literal;
    std::optional<std::size_t> column;
    std::optional<std::size_t> expression = {};

    friend bool operator==(const Piece&, const Piece&) = default;
  };
  std::vector<Piece> pieces;

  friend bool operator==(const TextTemplate&, const TextTemplate&) = default;
};

/// Gives an expression a number; nothing, with at least one diagnostic at its byte of the
/// expression, when it is none.
using BindExpression =
    std::function<std::optional<std::size_t>(std::string_view text, sql::Diagnostics& diagnostics)>;

/// Columns become positions in `schema`. On failure returns nothing and appends at least one
/// diagnostic, each at its byte of `text`.
std::optional<TextTemplate> parse_text_template(std::string_view text, const Schema& schema,
                                                const BindExpression& bind,
                                                sql::Diagnostics& diagnostics);

}  // namespace sitrep
