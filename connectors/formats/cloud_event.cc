// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/cloud_event.h"

#include "connectors/formats/clean_text.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr std::string_view kTypePrefix = "sitrep.alert.v1.";

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

/// A segment of a URI's path (RFC 3986).
void append_segment(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
}

}  // namespace

CloudEventHeaders::CloudEventHeaders(const AlertColumns& columns, std::string_view job,
                                     std::string_view content_type)
    : columns_(columns), source_prefix_("/sitrep/"), content_type_(content_type) {
  append_segment(source_prefix_, job);
  source_prefix_ += '/';
}

void CloudEventHeaders::set(const ColumnBatch& batch, std::size_t row) {
  id_ = concat(text_at(batch, columns_.id, row), "/", number_at(batch, columns_.revision, row));
  source_ = source_prefix_;
  append_segment(source_, text_at(batch, columns_.alert, row));
  type_ = kTypePrefix;
  type_ += text_at(batch, columns_.change, row);
  time_.clear();
  append_timestamp(time_, number_at(batch, columns_.at, row));
  subject_.clear();
  append_clean(subject_, text_at(batch, columns_.key, row), TextRule::kCloudEvent);
  headers_ = {HeaderView{.name = "ce_specversion", .value = "1.0"},
              {.name = "ce_id", .value = id_},
              {.name = "ce_source", .value = source_},
              {.name = "ce_type", .value = type_},
              {.name = "ce_time", .value = time_},
              {.name = "content-type", .value = content_type_},
              {.name = "ce_subject", .value = subject_}};
  // An attribute is there with a text, or not at all.
  count_ = headers_.size() - (subject_.empty() ? 1 : 0);
}

}  // namespace sitrep
