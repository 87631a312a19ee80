// SPDX-License-Identifier: Apache-2.0
#include "config/job_sections.h"
#include "config/map_reader.h"
#include "config/scalar_reader.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

const Choices<StartPolicy> kStarts = {{"earliest", StartPolicy::kEarliest},
                                      {"latest", StartPolicy::kLatest},
                                      {"fail", StartPolicy::kFail}};
const Choices<GapPolicy> kGaps = {{"fail", GapPolicy::kFail}, {"skip", GapPolicy::kSkip}};

/// A duration, or `word` for none.
std::optional<Micros> read_duration_or(std::string_view word, const ConfigNode& node,
                                       std::string_view what, ErrorList& errors) {
  if (node.kind == ConfigNode::Kind::kScalar && node.text == word) return std::nullopt;
  return read_duration(node, what, errors);
}

void parse_clock(const ConfigNode& node, TimeSpec& time, ErrorList& errors) {
  MapReader map(node, "'clock'", errors);
  if (const ConfigNode* per = map.require("per")) time.clock_per = read_text(*per, "per", errors);
  map.refuse_others();
}

std::vector<PlacedText> parse_topics(MapReader& map, SourcePlace source_place, ErrorList& errors) {
  std::vector<PlacedText> topics;
  const ConfigNode* one = map.find("topic");
  const ConfigNode* many = map.find("topics");
  if (const ConfigNode* pattern = map.find("pattern")) {
    errors.add(pattern->place, "'pattern' is not supported yet; name the topics with 'topics'");
    return topics;
  }
  if ((one == nullptr) == (many == nullptr)) {
    errors.add(source_place, concat(map.what(), " needs either 'topic' or 'topics'"));
    return topics;
  }
  if (one != nullptr) {
    if (auto topic = read_topic(*one, "topic", errors)) topics.push_back(*std::move(topic));
    return topics;
  }
  if (many->kind != ConfigNode::Kind::kSequence || many->items.empty()) {
    errors.add(many->place, "'topics': expected a list of topics");
  }
  for (const ConfigNode& item : many->items) {
    if (auto topic = read_topic(item, "topics", errors)) topics.push_back(*std::move(topic));
  }
  return topics;
}

}  // namespace

TimeSpec parse_time(const ConfigNode* node, SourcePlace source_place, ErrorList& errors,
                    TimeSpec time) {
  time.place = node == nullptr ? source_place : node->place;
  time.column = {.value = "_timestamp", .place = time.place, .runs = {}};
  if (node == nullptr) return time;
  MapReader map(*node, "'time'", errors);
  if (const ConfigNode* column = map.find("column")) {
    if (auto name = read_text(*column, "column", errors)) time.column = *std::move(name);
  }
  if (const ConfigNode* value = map.find("out_of_orderness")) {
    time.out_of_orderness = read_duration(*value, "out_of_orderness", errors).value_or(0);
  }
  if (const ConfigNode* clock = map.find("clock")) parse_clock(*clock, time, errors);
  if (const ConfigNode* value = map.find("idle_after")) {
    time.idle_after = read_duration_or("never", *value, "idle_after", errors);
  }
  if (const ConfigNode* value = map.find("idle_close")) {
    time.idle_close = read_duration_or("off", *value, "idle_close", errors);
  }
  if (const ConfigNode* value = map.find("max_future_skew")) {
    time.max_future_skew = read_duration(*value, "max_future_skew", errors).value_or(0);
  }
  if (const ConfigNode* value = map.find("clock_expire")) {
    time.clock_expire = read_duration_or("never", *value, "clock_expire", errors);
  }
  map.refuse_others();
  return time;
}

SourceSpec parse_source(const PlacedText& name, const ConfigNode& node, ErrorList& errors) {
  SourceSpec source;
  source.name = name;
  MapReader map(node, concat("source '", name.value, "'"), errors);
  source.topics = parse_topics(map, name.place, errors);
  if (const ConfigNode* format = map.find("format")) {
    (void)read_choice_index(*format, {"json"}, "format", errors);
  }
  if (const ConfigNode* columns = map.require("columns")) {
    source.columns = parse_columns(*columns, errors);
  }
  if (const ConfigNode* columns = map.find("partitioned_by")) {
    source.partitioned_by = read_texts(*columns, "partitioned_by", errors);
  }
  source.time = parse_time(map.find("time"), name.place, errors);
  if (const ConfigNode* start = map.find("start")) {
    source.start = read_choice(*start, kStarts, "start", errors).value_or(source.start);
  }
  if (const ConfigNode* on_gap = map.find("on_gap")) {
    source.on_gap = read_choice(*on_gap, kGaps, "on_gap", errors).value_or(source.on_gap);
  }
  map.refuse_others();
  return source;
}

}  // namespace sitrep
