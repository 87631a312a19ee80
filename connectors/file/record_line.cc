// SPDX-License-Identifier: Apache-2.0
#include "connectors/file/record_line.h"

#include <cstdint>
#include <string_view>

namespace sitrep {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

/// Bytes of the well-formed UTF-8 character at text[at], or 0 (RFC 3629, table 3-7 of Unicode).
std::size_t character_bytes(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = character_bytes(text, at);
    if (bytes == 0) return false;
    at += bytes;
  }
  return true;
}

void append_base64(std::string_view bytes, std::string& out) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out += '"';
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8U |
              (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += at + i > bytes.size() ? '=' : kDigits[group >> (18 - 6 * i) & 63U];
    }
  }
  out += '"';
}

void append_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

/// `"name":text`, `"name":null`, or `"name_base64":bytes`.
void append_member(std::string_view name, const std::optional<std::string_view>& bytes,
                   std::string& out) {
  const bool text = !bytes || is_utf8(*bytes);
  append_string(std::string(name) + (text ? "" : "_base64"), out);
  out += ':';
  if (!bytes) {
    out += "null";
  } else if (text) {
    append_string(*bytes, out);
  } else {
    append_base64(*bytes, out);
  }
}

bool is_plain(const OutputRecord& record) {
  return record.headers.empty() && record.value && !record.value->empty() &&
         record.value->find_first_of("\r\n") == std::string_view::npos;
}

}  // namespace

void append_record_line(const OutputRecord& record, std::string& out) {
  if (is_plain(record)) {
    out += *record.value;
    out += '\n';
    return;
  }
  out += R"({"headers":{)";
  for (std::size_t i = 0; i < record.headers.size(); ++i) {
    if (i > 0) out += ',';
    append_member(record.headers[i].name, record.headers[i].value, out);
  }
  out += "},";
  append_member("key", record.key, out);
  out += ',';
  append_member("value", record.value, out);
  out += "}\n";
}

}  // namespace sitrep
