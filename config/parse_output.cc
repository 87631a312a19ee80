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

SinkSpec parse_sink(const ConfigNode& node, ErrorList& errors) {
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

std::vector<SinkSpec> parse_sinks(const ConfigNode* node, ErrorList& errors) {
  std::vector<SinkSpec> sinks;
  if (node == nullptr) return sinks;
  if (node->kind != ConfigNode::Kind::kSequence) {
    sinks.push_back(parse_sink(*node, errors));
    return sinks;
  }
  for (const ConfigNode& item : node->items) sinks.push_back(parse_sink(item, errors));
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
