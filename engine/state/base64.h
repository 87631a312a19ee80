// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes as ASCII text, RFC 4648 section 4 with padding: what may stand beside an offset. Functions
// only; thread-safe.

#include <optional>
#include <string>
#include <string_view>

namespace sitrep {

std::string encode_base64(std::string_view bytes);
/// Nothing when `text` is not what encode_base64 writes.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace sitrep
