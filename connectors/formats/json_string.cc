// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_string.h"

#include <optional>

namespace sitrep {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// Four hexadecimal digits at the front of `rest`.
std::optional<char32_t> take_code_unit(std::string_view& rest) {
  if (rest.size() < 4) return std::nullopt;
  char32_t unit = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto digit = hex_digit(rest[i]);
    if (!digit) return std::nullopt;
    unit = unit * 16 + *digit;
  }
  rest.remove_prefix(4);
  return unit;
}

bool is_high_surrogate(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

/// What follows `\u`: one code unit, or a pair of surrogates.
std::optional<char32_t> take_unicode_escape(std::string_view& rest) {
  const auto first = take_code_unit(rest);
  if (!first || is_low_surrogate(*first)) return std::nullopt;
  if (!is_high_surrogate(*first)) return first;
  if (!rest.starts_with("\\u")) return std::nullopt;
  rest.remove_prefix(2);
  const auto second = take_code_unit(rest);
  if (!second || !is_low_surrogate(*second)) return std::nullopt;
  return 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
}

/// The escape at the front of `rest`, behind its backslash.
std::optional<char32_t> take_escape(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const char kind = rest.front();
  rest.remove_prefix(1);
  switch (kind) {
    case '"':
    case '\\':
    case '/': return static_cast<char32_t>(kind);
    case 'b': return U'\b';
    case 'f': return U'\f';
    case 'n': return U'\n';
    case 'r': return U'\r';
    case 't': return U'\t';
    case 'u': return take_unicode_escape(rest);
    default: return std::nullopt;
  }
}

/// Calls `on_run` with each stretch without escapes and `on_escape` with what each escape means.
template <typename OnRun, typename OnEscape>
bool walk_string(std::string_view raw, OnRun&& on_run, OnEscape&& on_escape) {
  for (;;) {
    const std::size_t backslash = raw.find('\\');
    on_run(raw.substr(0, backslash));
    if (backslash == std::string_view::npos) return true;
    raw.remove_prefix(backslash + 1);
    const auto code_point = take_escape(raw);
    if (!code_point) return false;
    on_escape(*code_point);
  }
}

}  // namespace

bool has_valid_escapes(std::string_view raw) {
  return walk_string(raw, [](std::string_view) {}, [](char32_t) {});
}

bool unescape_json(std::string_view raw, std::string& out) {
  out.clear();
  return walk_string(
      raw, [&](std::string_view run) { out += run; },
      [&](char32_t code_point) { append_utf8(out, code_point); });
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto byte = [&](char32_t bits) { out += static_cast<char>(bits); };
  const auto continuation = [&](unsigned shift) { byte(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xC0 | code_point >> 6);
    continuation(0);
  } else if (code_point < 0x10000) {
    byte(0xE0 | code_point >> 12);
    continuation(6);
    continuation(0);
  } else {
    byte(0xF0 | code_point >> 18);
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

}  // namespace sitrep
