// SPDX-License-Identifier: Apache-2.0
// `flood_control:`: what stands between the alerts of a job and their topics.
#include "config/job_sections.h"
#include "config/map_reader.h"
#include "config/scalar_reader.h"
#include "engine/api/alert_schema.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr IntegerRange kAlerts = {.min = 1, .max = 1'000};

PlacedText placed(std::string_view text, SourcePlace place) {
  PlacedText out;
  out.value = text;
  out.place = place;
  return out;
}

/// Commands are a table like any other, with columns of its own: the newest record of a target
/// holds.
TableSpec commands_table(const ConfigNode& node, ErrorList& errors) {
  TableSpec table;
  SourceSpec& source = table.source;
  source.name = placed(kFloodCommandsTable, node.place);
  MapReader map(node, "'commands'", errors);
  if (const ConfigNode* topic = map.require("topic")) {
    if (auto name = read_topic(*topic, "topic", errors)) source.topics.push_back(*std::move(name));
  }
  map.refuse_others();
  for (const Field& field : alert_commands_schema().fields) {
    ColumnDeclaration& column = source.columns.emplace_back();
    column.place = node.place;
    column.spec.name = field.name;
    column.spec.type = field.type;
    column.spec.path = concat("/", field.name);
  }
  source.time.place = node.place;
  source.time.column = placed("_timestamp", node.place);
  source.time.out_of_orderness = 0;
  source.time.idle_after.reset();
  table.key = {placed("target", node.place)};
  table.history = kDefaultHistory;
  table.broadcast = true;
  return table;
}

}  // namespace

FloodSpec parse_flood(const ConfigNode& node, std::vector<TableSpec>& tables, ErrorList& errors) {
  FloodSpec flood;
  flood.place = node.place;
  MapReader map(node, "'flood_control'", errors);
  const auto read_count = [&](std::string_view name, std::size_t& count) {
    const ConfigNode* const given = map.find(name);
    if (given == nullptr) return;
    if (const auto read = read_integer(*given, name, kAlerts, errors)) {
      count = static_cast<std::size_t>(*read);
    }
  };
  read_count("more_than", flood.more_than);
  read_count("fewer_than", flood.fewer_than);
  if (flood.fewer_than > flood.more_than + 1) {
    errors.add(node.place, "'flood_control': 'fewer_than' is at most 'more_than' + 1, or a flood "
                           "would end as it begins");
  }
  if (const ConfigNode* within = map.find("within")) {
    flood.within = read_duration(*within, "within", errors).value_or(flood.within);
    if (flood.within < kMicrosPerSecond) {
      errors.add(within->place, "'within' is at least 1s");
    }
  }
  if (const ConfigNode* severity = map.find("severity")) {
    flood.severity = read_severity(*severity, errors).value_or(flood.severity);
  }
  if (const ConfigNode* commands = map.find("commands")) {
    flood.commands = kFloodCommandsTable;
    tables.push_back(commands_table(*commands, errors));
  }
  flood.to = parse_sinks(map.require("to"), RowsOf::kAlert, errors);
  map.refuse_others();
  return flood;
}

}  // namespace sitrep
