// SPDX-License-Identifier: Apache-2.0
#include "config/assemble_sink.h"

#include <optional>
#include <utility>
#include <vector>

#include "connectors/formats/json_encoder.h"
#include "connectors/formats/key_encoder.h"

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

}  // namespace

SinkNode make_sink(std::size_t node, SinkNode::Port port, const SinkPlan& sink,
                   const Schema& schema, bool urgent) {
  return {.node = node,
          .port = port,
          .topic = sink.topic,
          .make_encoder = [schema, style = sink.timestamps] {
            return make_json_encoder(schema, style);
          },
          .key = key_function(sink.key, sink.timestamps),
          .urgent = urgent};
}

SinkNode make_late_sink(std::size_t node, const std::string& topic, const Schema& schema) {
  SinkNode sink = make_sink(node, SinkNode::Port::kLate,
                            SinkPlan{.topic = topic,
                                     .key = {},
                                     .timestamps = TimestampStyle::kRfc3339,
                                     .create_partitions = std::nullopt,
                                     .place = {}},
                            schema, /*urgent=*/false);
  // Behind them there may be those of the tables that were joined.
  sink.columns = schema.size();
  return sink;
}

}  // namespace sitrep
