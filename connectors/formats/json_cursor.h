// SPDX-License-Identifier: Apache-2.0
#pragma once
// Walks the tokens of one JSON text from front to back, once. Takes nothing on trust: what is
// skipped is checked as thoroughly as what is read, at about 1 ns a token. A function that returns
// false has met a text that is not JSON; the cursor is then of no more use. The text and its tokens
// outlive the cursor. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "connectors/formats/json_number.h"
#include "connectors/formats/json_tokens.h"

namespace sitrep {

/// Containers within containers; a deeper text is malformed. Telemetry nests fewer than ten deep,
/// and skip_value() keeps the kinds of the open ones in the bits of one word.
inline constexpr unsigned kDepthMax = 64;

class JsonCursor {
 public:
  JsonCursor(std::string_view text, const JsonTokens& tokens)
      : text_(text.data()),
        text_end_(text.data() + text.size()),
        next_(tokens.begin()),
        end_(tokens.begin() + tokens.size()) {}

  bool at_end() const { return next_ == end_; }
  /// First character of the next token; a zero byte at the end.
  char peek() const { return *here(); }
  /// Where the next token begins.
  const char* here() const { return text_ + *next_; }
  /// Passes the next token, and returns where it began.
  const char* take() { return text_ + *next_++; }
  /// Passes the next token if it is `mark`, one of {}[]:, .
  bool take_mark(char mark) {
    if (peek() != mark) return false;
    ++next_;
    return true;
  }
  /// Whether white space stands before the next token.
  bool after_space() const { return is_space(here()[-1]); }

  /// Passes the next token, which begins with a quote; `raw` is what stands between its quotes.
  bool take_string(std::string_view& raw);
  /// Passes the next token, which begins with a minus or a digit.
  bool take_number(JsonNumber& number) { return scan_number(take(), text_end_, number); }
  /// Passes the next token, which must be `literal`.
  bool take_literal(std::string_view literal);
  /// Passes a whole value within `depth` open containers.
  bool skip_value(unsigned depth);

 private:
  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
  bool skip_string();
  bool skip_scalar();
  /// A string and the colon behind it.
  bool skip_key() { return peek() == '"' && skip_string() && take_mark(':'); }

  const char* text_;
  const char* text_end_;
  const std::uint32_t* next_;
  const std::uint32_t* end_;
};

}  // namespace sitrep
