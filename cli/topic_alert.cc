// SPDX-License-Identifier: Apache-2.0
#include "cli/topic_alert.h"

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "connectors/formats/json_decoder.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

struct TextColumn {
  std::string_view name;
  std::string TopicAlert::*member;
  bool required = false;
};
constexpr std::array<TextColumn, 10> kTexts = {{
    {"id", &TopicAlert::id, true},
    {"alert", &TopicAlert::alert, true},
    {"state", &TopicAlert::state, true},
    {"change", &TopicAlert::change, true},
    {"severity", &TopicAlert::severity, true},
    {"key", &TopicAlert::key},
    {"group", &TopicAlert::group},
    {"text", &TopicAlert::text},
    {"advice", &TopicAlert::advice},
    {"by", &TopicAlert::by},
}};
// Behind the texts.
constexpr std::size_t kRevision = kTexts.size();
constexpr std::size_t kAt = kRevision + 1;
constexpr std::size_t kRaisedAt = kAt + 1;

ColumnSpec column(std::string_view name, Type type, bool required) {
  ColumnSpec spec;
  spec.name = name;
  spec.type = type;
  spec.path = concat("/", name);
  spec.required = required;
  return spec;
}

std::unique_ptr<Decoder> make_decoder(TimestampUnit unit) {
  std::vector<ColumnSpec> columns;
  for (const TextColumn& text : kTexts) {
    columns.push_back(column(text.name, Type::kText, text.required));
  }
  columns.push_back(column("revision", Type::kBigint, /*required=*/false));
  columns.push_back(column("at", Type::kTimestamp, /*required=*/true));
  columns.push_back(column("raised_at", Type::kTimestamp, /*required=*/false));
  columns[kAt].unit = columns[kRaisedAt].unit = unit;
  return make_json_decoder(std::move(columns));
}

/// `["river","gen-1"]`, a key of several columns, as people say it: river,gen-1.
std::string key_text(std::string key) {
  const bool plain_array =
      key.starts_with('[') && key.ends_with(']') && key.find('\\') == std::string::npos;
  if (!plain_array) return key;
  std::erase(key, '"');
  return key.substr(1, key.size() - 2);
}

TopicAlert first_row(const DecodedRows& rows) {
  TopicAlert alert;
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    const Column& values = *rows.columns[i];
    if (!values.is_null(0)) alert.*kTexts[i].member = values.texts()[0];
  }
  alert.key = key_text(std::move(alert.key));
  const auto number = [&](std::size_t at) { return rows.columns[at]->ints()[0]; };
  if (!rows.columns[kRevision]->is_null(0)) alert.revision = number(kRevision);
  alert.at = number(kAt);
  // A raise says when it was by its own time.
  if (alert.change == "raised") alert.raised_at = alert.at;
  if (!rows.columns[kRaisedAt]->is_null(0)) alert.raised_at = number(kRaisedAt);
  return alert;
}

}  // namespace

int severity_rank(std::string_view severity) {
  static constexpr std::string_view kRanks[] = {"info", "warning", "critical"};
  int rank = 0;
  for (const std::string_view name : kRanks) {
    if (name == severity) return rank;
    ++rank;
  }
  return rank;
}

TopicAlertReader::TopicAlertReader()
    : texts_(make_decoder(TimestampUnit::kRfc3339)), millis_(make_decoder(TimestampUnit::kMillis)) {
}

std::optional<TopicAlert> TopicAlertReader::read(const RecordView& record) {
  if (!record.value) return std::nullopt;
  batch_.clear();
  batch_.append(record);
  for (Decoder* const decoder : {texts_.get(), millis_.get()}) {
    const DecodedRows rows = decoder->decode(batch_, PartitionId(0));
    if (rows.rows() == 1 && rows.dead_letters.empty()) return first_row(rows);
  }
  return std::nullopt;
}

}  // namespace sitrep
