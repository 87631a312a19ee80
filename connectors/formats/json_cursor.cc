// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_cursor.h"

#include <cstring>

#include "connectors/formats/json_string.h"

namespace sitrep {
namespace {

static_assert(kDepthMax <= 64, "OpenContainers has one bit for each");

/// The containers that skip_value() is in, innermost in the lowest bit.
class OpenContainers {
 public:
  bool empty() const { return depth_ == 0; }
  unsigned depth() const { return depth_; }
  bool in_object() const { return (kinds_ & 1) != 0; }
  void push(bool object) {
    kinds_ = kinds_ << 1 | (object ? 1 : 0);
    ++depth_;
  }
  void pop() {
    kinds_ >>= 1;
    --depth_;
  }

 private:
  std::uint64_t kinds_ = 0;
  unsigned depth_ = 0;
};

/// Whether a backslash may stand in [from, to): looks at eight bytes at a time, so that up to seven
/// behind `to` can raise a false alarm.
bool may_have_backslash(const char* from, const char* to) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  for (; from < to; from += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, from, sizeof word);
    const std::uint64_t zero_if_backslash = word ^ (kOnes * '\\');
    if (((zero_if_backslash - kOnes) & ~zero_if_backslash & kHighs) != 0) return true;
  }
  return false;
}

}  // namespace

bool JsonCursor::take_string(std::string_view& raw) {
  const char* const open = take();
  // Only white space can stand between the closing quote and the next token.
  const char* close = here() - 1;
  while (is_space(*close)) --close;
  if (close <= open || *close != '"') return false;
  raw = {open + 1, static_cast<std::size_t>(close - open - 1)};
  return true;
}

bool JsonCursor::take_literal(std::string_view literal) {
  const char* const token = take();
  if (std::memcmp(token, literal.data(), literal.size()) != 0) return false;
  const char* const end = token + literal.size();
  return may_follow_scalar(*end) && (*end != '\0' || end == text_end_);
}

bool JsonCursor::skip_string() {
  const char* const open = here();
  if (!may_have_backslash(open + 1, text_ + next_[1])) {
    ++next_;
    return true;
  }
  std::string_view raw;
  return take_string(raw) && has_valid_escapes(raw);
}

bool JsonCursor::skip_scalar() {
  switch (peek()) {
    case '"': return skip_string();
    case 't': return take_literal("true");
    case 'f': return take_literal("false");
    case 'n': return take_literal("null");
    default: {
      JsonNumber number;
      return take_number(number);
    }
  }
}

bool JsonCursor::skip_value(unsigned depth) {
  OpenContainers open;
  for (;;) {
    // Here a value begins.
    const char first = peek();
    const bool object = first == '{';
    if (object || first == '[') {
      if (depth + open.depth() >= kDepthMax) return false;
      take();
      if (!take_mark(object ? '}' : ']')) {
        open.push(object);
        if (object && !skip_key()) return false;
        continue;
      }
    } else if (!skip_scalar()) {
      return false;
    }
    // Here a value has ended.
    while (!open.empty() && take_mark(open.in_object() ? '}' : ']')) open.pop();
    if (open.empty()) return true;
    if (!take_mark(',')) return false;
    if (open.in_object() && !skip_key()) return false;
  }
}

}  // namespace sitrep
