// SPDX-License-Identifier: Apache-2.0
// `to:` and `late:`, which streams and alerts share.
#include "config/job_sections.h"
#include "config/map_reader.h"
#include "config/scalar_reader.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr IntegerRange kPartitions = {.min = 1, .max = 10'000};

const Choices<TimestampStyle> kTimestampStyles = {{"rfc3339", TimestampStyle::kRfc3339},
                                                  {"ms", TimestampStyle::kMillis}};
const Choices<LatePolicy> kLatePolicies = {{"side", LatePolicy::kSide},
                                           {"update", LatePolicy::kUpdate},
                                           {"drop", LatePolicy::kDrop}};
const Choices<SinkFormat> kFormats = {
    {"json", SinkFormat::kJson}, {"alert.v1", SinkFormat::kAlert}, {"cap", SinkFormat::kCap}};

/// `format` and what belongs to one of them.
void parse_format(MapReader& map, RowsOf rows, SinkSpec& sink) {
  ErrorList& errors = map.errors();
  const ConfigNode* const format = map.find("format");
  const ConfigNode* const cap = map.find("cap");
  const ConfigNode* const timestamps = map.find("timestamps");
  if (format != nullptr) {
    const auto named = read_choice(*format, kFormats, "format", errors);
    if (!named) return;
    sink.format = *named;
  }
  if (timestamps != nullptr && sink.format != SinkFormat::kJson) {
    errors.add(timestamps->place, concat("'timestamps': ", to_string(sink.format),
                                         " says itself how times look; leave it out"));
  }
  if (rows == RowsOf::kStream && sink.format != SinkFormat::kJson) {
    errors.add(format->place,
               concat("'format': ", to_string(sink.format),
                      " is for the records of alerts; what a stream writes is json"));
    return;
  }
  if ((cap != nullptr) != (sink.format == SinkFormat::kCap)) {
    errors.add(cap != nullptr ? cap->place : format->place,
               "'to': 'format: cap' and 'cap: {sender: …}' go together");
  } else if (cap != nullptr) {
    sink.cap = parse_cap(*cap, errors);
  }
}

SinkSpec parse_sink(const ConfigNode& node, RowsOf rows, ErrorList& errors) {
  SinkSpec sink;
  sink.place = node.place;
  MapReader map(node, "'to'", errors);
  if (const ConfigNode* topic = map.require("topic")) {
    if (auto name = read_topic(*topic, "topic", errors)) sink.topic = *std::move(name);
  }
  if (const ConfigNode* key = map.find("key")) sink.key = read_texts(*key, "key", errors);
  if (const ConfigNode* style = map.find("timestamps")) {
    sink.timestamps =
        read_choice(*style, kTimestampStyles, "timestamps", errors).value_or(sink.timestamps);
  }
  sink.create_partitions = parse_create(map.find("create"), errors);
  parse_format(map, rows, sink);
  map.refuse_others();
  return sink;
}

}  // namespace

std::optional<int> parse_create(const ConfigNode* node, ErrorList& errors) {
  if (node == nullptr) return std::nullopt;
  MapReader map(*node, "'create'", errors);
  const ConfigNode* partitions = map.require("partitions");
  map.refuse_others();
  if (partitions == nullptr) return std::nullopt;
  const auto count = read_integer(*partitions, "partitions", kPartitions, errors);
  if (!count) return std::nullopt;
  return static_cast<int>(*count);
}

std::vector<SinkSpec> parse_sinks(const ConfigNode* node, RowsOf rows, ErrorList& errors) {
  std::vector<SinkSpec> sinks;
  if (node == nullptr) return sinks;
  if (node->kind != ConfigNode::Kind::kSequence) {
    sinks.push_back(parse_sink(*node, rows, errors));
    return sinks;
  }
  // A stream may be for others alone; an alert is for somebody.
  if (rows == RowsOf::kAlert && node->items.empty()) {
    errors.add(node->place, "'to': expected a topic, or a list of them");
  }
  for (const ConfigNode& item : node->items) sinks.push_back(parse_sink(item, rows, errors));
  return sinks;
}

LateSpec parse_late(const ConfigNode* node, const std::string& job, ErrorList& errors) {
  LateSpec late;
  late.topic.value = concat(job, ".late");
  late.create_partitions = kUnnamedTopicPartitions;
  if (node == nullptr) return late;
  late.given = true;
  late.place = node->place;
  late.topic.place = node->place;
  MapReader map(*node, "'late'", errors);
  if (const ConfigNode* policy = map.require("policy")) {
    late.policy = read_choice(*policy, kLatePolicies, "policy", errors).value_or(late.policy);
  }
  const ConfigNode* topic = map.find("topic");
  const ConfigNode* create = map.find("create");
  const ConfigNode* allowed = map.find("allowed_lateness");
  map.refuse_others();
  if (late.policy == LatePolicy::kDrop) {
    late.topic.value.clear();
    late.create_partitions.reset();
    if (topic != nullptr) errors.add(topic->place, "'late': dropped rows go to no topic");
    return late;
  }
  if (topic != nullptr) {
    if (auto name = read_topic(*topic, "topic", errors)) late.topic = *std::move(name);
    late.create_partitions.reset();
  }
  if (create != nullptr) late.create_partitions = parse_create(create, errors);
  if ((allowed != nullptr) != (late.policy == LatePolicy::kUpdate)) {
    errors.add(late.place, "'late': 'allowed_lateness' and 'policy: update' go together");
  } else if (allowed != nullptr) {
    late.allowed_lateness = read_duration(*allowed, "allowed_lateness", errors).value_or(0);
  }
  return late;
}

}  // namespace sitrep
