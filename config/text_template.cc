// SPDX-License-Identifier: Apache-2.0
#include "config/text_template.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "config/map_reader.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::string_view kExpected = "; write {{ or }} for a brace";

bool is_name(std::string_view text) {
  return std::ranges::all_of(
      text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

/// Where the brace is that closes what begins at `from`: not one in quotes, unless a quote has no
/// end. Nothing where another opens before.
std::optional<std::size_t> end_of(std::string_view text, std::size_t from) {
  std::size_t at = from;
  while (at < text.size() && text[at] != '{' && text[at] != '}') {
    const char c = text[at];
    if (c == '\'' || c == '"') {
      const std::size_t close = text.find(c, at + 1);
      if (close != std::string_view::npos) at = close;
    }
    ++at;
  }
  if (at < text.size() && text[at] == '}') return at;
  // A quote that ends behind the brace may be an apostrophe: its own complaint is of more use.
  at = text.find_first_of("{}", from);
  if (at == std::string_view::npos || text[at] == '{') return std::nullopt;
  return at;
}

class Binder {
 public:
  Binder(const Schema& schema, const BindExpression& bind, sql::Diagnostics& diagnostics)
      : schema_(schema), bind_(bind), diagnostics_(diagnostics) {}

  std::optional<TextTemplate> run(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const char c = text[at];
      if (c != '{' && c != '}') {
        const std::size_t end = std::min(text.find_first_of("{}", at), text.size());
        literal(text.substr(at, end - at));
        at = end;
      } else if (at + 1 < text.size() && text[at + 1] == c) {
        literal(text.substr(at, 1));
        at += 2;
      } else if (c == '}') {
        complain(at, concat("'}' without '{'", kExpected));
        ++at;
      } else if (const auto end = end_of(text, at + 1)) {
        fill_in(at + 1, text.substr(at + 1, *end - at - 1));
        at = *end + 1;
      } else {
        complain(at, concat("'{' without '}'", kExpected));
        ++at;
      }
    }
    if (failed_) return std::nullopt;
    return TextTemplate{std::move(pieces_)};
  }

 private:
  void literal(std::string_view text) {
    if (pieces_.empty() || pieces_.back().literal.empty()) pieces_.emplace_back();
    pieces_.back().literal += text;
  }
  void fill_in(std::size_t position, std::string_view name) {
    if (name.find_first_not_of(' ') == std::string_view::npos) {
      complain(position - 1, concat("expected a column or an expression between '{' and '}'",
                                    kExpected));
      return;
    }
    const auto index = schema_.find(name);
    if (!index && !is_name(name)) return expression(position, name);
    if (!index) {
      complain(position, concat("there is no column '", name, "' to fill in",
                                did_you_mean(name, schema_.names())));
      return;
    }
    pieces_.push_back({.literal = "", .column = index});
  }
  void expression(std::size_t position, std::string_view text) {
    sql::Diagnostics found;
    if (const auto number = bind_(text, found)) {
      pieces_.push_back({.literal = "", .column = std::nullopt, .expression = number});
    }
    for (sql::Diagnostic& diagnostic : found) {
      complain(position + diagnostic.position, std::move(diagnostic.message));
    }
  }
  void complain(std::size_t position, std::string message) {
    diagnostics_.push_back({position, std::move(message)});
    failed_ = true;
  }

  const Schema& schema_;
  const BindExpression& bind_;
  sql::Diagnostics& diagnostics_;
  std::vector<TextTemplate::Piece> pieces_;
  bool failed_ = false;
};

}  // namespace

std::optional<TextTemplate> parse_text_template(std::string_view text, const Schema& schema,
                                                const BindExpression& bind,
                                                sql::Diagnostics& diagnostics) {
  return Binder(schema, bind, diagnostics).run(text);
}

}  // namespace sitrep
