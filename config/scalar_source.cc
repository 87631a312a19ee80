// SPDX-License-Identifier: Apache-2.0
#include "config/scalar_source.h"

namespace sitrep {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Bytes of the character that begins with `first`.
std::size_t character_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
}

/// Bytes that a double-quoted escape takes in the source, its backslash included.
std::size_t escape_bytes(char kind) {
  switch (kind) {
    case 'x': return 4;
    case 'u': return 6;
    case 'U': return 10;
    default: return 2;
  }
}

class Walk {
 public:
  Walk(std::string_view text, std::size_t begin, std::string_view value)
      : text_(text), value_(value), at_(begin) {}

  std::optional<ScalarSource> run() {
    skip_properties();
    enter();
    while (found_.offsets.size() < value_.size()) {
      if (!step(value_[found_.offsets.size()])) return std::nullopt;
    }
    if (quote_ != '\0') {
      skip_spaces();
      found_.terminated = !at_end() && text_[at_] == quote_;
    }
    return std::move(found_);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  void map(std::size_t bytes = 1) { found_.offsets.insert(found_.offsets.end(), bytes, at_); }

  /// White space, and in double quotes the backslash that joins two lines.
  void skip_spaces() {
    while (!at_end()) {
      if (is_space(text_[at_])) {
        ++at_;
      } else if (joins_lines()) {
        at_ += 2;
      } else {
        return;
      }
    }
  }
  bool joins_lines() const {
    if (quote_ != '"' || text_[at_] != '\\' || at_ + 1 >= text_.size()) return false;
    return text_[at_ + 1] == '\n' || text_[at_ + 1] == '\r';
  }

  /// `&anchor` and `!tag` before the scalar.
  void skip_properties() {
    while (!at_end() && (text_[at_] == '&' || text_[at_] == '!')) {
      while (!at_end() && !is_space(text_[at_])) ++at_;
      skip_spaces();
    }
  }

  /// The quote, or the rest of the line of a block scalar's `|` or `>`.
  void enter() {
    if (at_end()) return;
    const char first = text_[at_];
    if (first == '"' || first == '\'') {
      quote_ = first;
      ++at_;
    } else if (first == '|' || first == '>') {
      while (!at_end() && text_[at_] != '\n') ++at_;
      if (!at_end()) ++at_;
    }
  }

  /// Maps the next character of the value.
  bool step(char wanted) {
    if (is_space(wanted)) {
      if (!at_end() && is_escape()) return step_escape(wanted);
      map();
      if (!at_end() && is_space(text_[at_])) ++at_;
      return true;
    }
    skip_spaces();
    if (at_end()) return false;
    if (is_escape()) return step_escape(wanted);
    if (text_[at_] != wanted) return false;
    map();
    at_ += quote_ == '\'' && wanted == '\'' ? 2 : 1;
    return true;
  }
  bool is_escape() const { return quote_ == '"' && text_[at_] == '\\' && !joins_lines(); }
  bool step_escape(char wanted) {
    if (at_ + 1 >= text_.size()) return false;
    const std::size_t left = value_.size() - found_.offsets.size();
    const std::size_t bytes = character_bytes(wanted);
    if (bytes > left) return false;
    map(bytes);
    at_ += escape_bytes(text_[at_ + 1]);
    return true;
  }

  const std::string_view text_;
  const std::string_view value_;
  std::size_t at_;
  char quote_ = '\0';
  ScalarSource found_;
};

}  // namespace

std::optional<ScalarSource> locate_scalar(std::string_view text, std::size_t begin,
                                          std::string_view value) {
  return Walk(text, begin, value).run();
}

}  // namespace sitrep
