// SPDX-License-Identifier: Apache-2.0
#include "config/assemble_sink.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "connectors/formats/alert_encoder.h"
#include "connectors/formats/cap_encoder.h"
#include "connectors/formats/json_encoder.h"
#include "connectors/formats/key_encoder.h"
#include "engine/api/alert_schema.h"
#include "engine/base/ensure.h"

namespace sitrep {
namespace {

KeyFunction key_function(std::vector<std::size_t> columns, TimestampStyle style) {
  if (columns.empty()) return nullptr;
  return [columns = std::move(columns), style](const ColumnBatch& batch, std::size_t row,
                                               std::string& out) {
    std::string scratch;
    const auto key = encode_key(batch, row, columns, style, scratch);
    if (key) out = *key;
    return key.has_value();
  };
}

CapOptions cap_options(const CapSpec& cap, const std::string& job) {
  return {.job = job,
          .sender = cap.sender,
          .status = cap.status,
          .scope = cap.scope,
          .restriction = cap.restriction,
          .addresses = cap.addresses,
          .category = cap.category,
          .language = cap.language};
}

std::unique_ptr<Encoder> make_record_encoder(const SinkPlan& sink, const std::string& job) {
  switch (sink.format) {
    case SinkFormat::kJson: return make_json_encoder(alert_schema(), sink.timestamps);
    case SinkFormat::kAlert: return make_alert_encoder(alert_schema(), job);
    case SinkFormat::kCap: return make_cap_encoder(alert_schema(), cap_options(*sink.cap, job));
  }
  ENSURE(false, "unknown SinkFormat");
}

}  // namespace

SinkNode make_sink(std::size_t node, const SinkPlan& sink, const Schema& schema) {
  return {.node = node,
          .port = SinkNode::Port::kMain,
          .topic = sink.topic,
          .make_encoder = [schema, style = sink.timestamps] {
            return make_json_encoder(schema, style);
          },
          .key = key_function(sink.key, sink.timestamps)};
}

SinkNode make_alert_sink(std::size_t node, const SinkPlan& sink, const std::string& job) {
  return {.node = node,
          .port = SinkNode::Port::kMain,
          .topic = sink.topic,
          .make_encoder = [sink, job] { return make_record_encoder(sink, job); },
          .key = key_function(sink.key, sink.timestamps),
          .urgent = true};
}

SinkNode make_late_sink(std::size_t node, const std::string& topic, const Schema& schema) {
  return {.node = node,
          .port = SinkNode::Port::kLate,
          .topic = topic,
          .make_encoder = [schema] {
            return make_json_encoder(schema, TimestampStyle::kRfc3339);
          },
          .key = nullptr,
          // Behind them there may be those of the tables that were joined.
          .columns = schema.size()};
}

}  // namespace sitrep
