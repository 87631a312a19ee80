// SPDX-License-Identifier: Apache-2.0
#pragma once
// Text for formats that do not take every character: XML 1.0 has none for most control characters,
// however escaped, and CloudEvents forbids them in attributes. Thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

namespace sitrep {

enum class TextRule : std::uint8_t {
  /// Char of XML 1.0: no U+0000 to U+001F but tab and line breaks, no U+FFFE and U+FFFF.
  kXml,
  /// String of CloudEvents 1.0: no control characters (U+0000 to U+001F, U+007F to U+009F) and no
  /// noncharacters (U+FDD0 to U+FDEF, and the last two of each plane).
  kCloudEvent,
};

/// Appends `text`; each character that `rule` forbids, and each byte sequence that is not UTF-8, is
/// U+FFFD instead.
void append_clean(std::string& out, std::string_view text, TextRule rule);

}  // namespace sitrep
