// SPDX-License-Identifier: Apache-2.0
#include "cli/telemetry_sender.h"

#include <algorithm>

namespace sitrep {

Result<TelemetrySender> TelemetrySender::open(Log& log, const std::string& name,
                                              const std::vector<std::string>& topics) {
  ASSIGN_OR_RETURN(auto writer, log.open_writer({.group = name, .instance = name}));
  TelemetrySender sender(std::move(writer));
  for (const std::string& topic : topics) {
    ASSIGN_OR_RETURN(const TopicId id, sender.writer_->open_topic(topic));
    sender.topics_.emplace(topic, id);
  }
  return sender;
}

Result<void> TelemetrySender::send(std::span<const TelemetryRecord> records) {
  static constexpr std::size_t kRecordsMax = 5000;
  while (!records.empty()) {
    const auto part = records.first(std::min(records.size(), kRecordsMax));
    records = records.subspan(part.size());
    OutputBatch batch;
    for (const TelemetryRecord& record : part) {
      batch.append({.topic = topics_.at(record.topic),
                    .partition = std::nullopt,
                    .key = record.key,
                    .value = record.payload,
                    .headers = {},
                    .timestamp = std::nullopt});
    }
    TRY(writer_->begin());
    TRY(writer_->append(batch));
    TRY(writer_->commit({}, {}));
  }
  return {};
}

}  // namespace sitrep
