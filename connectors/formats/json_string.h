// SPDX-License-Identifier: Apache-2.0
#pragma once
// The insides of JSON strings. Both functions take what stands between the quotes, already known to
// be UTF-8 without raw control characters; what they judge are the escapes. A surrogate without its
// partner (`\ud800`) is an error: it has no UTF-8. Thread-safe.

#include <string>
#include <string_view>

namespace sitrep {

/// Whether every escape of `raw` is one of JSON's.
bool has_valid_escapes(std::string_view raw);

/// Replaces `out` by the text that `raw` stands for; false when an escape is not one of JSON's.
bool unescape_json(std::string_view raw, std::string& out);

/// Appends `code_point` as UTF-8.
void append_utf8(std::string& out, char32_t code_point);

}  // namespace sitrep
