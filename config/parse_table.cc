// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "config/job_sections.h"
#include "config/map_reader.h"
#include "config/scalar_reader.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

/// A history that counts in versions, not in ages: a hundred years.
constexpr Micros kHistoryMax = 36'500 * kMicrosPerDay;
constexpr Micros kWaitMax = 30 * kMicrosPerDay;

Micros read_span(const ConfigNode& node, std::string_view what, Micros max, ErrorList& errors) {
  const auto span = read_duration(node, what, errors);
  if (span && *span > max) {
    errors.add(node.place, concat("'", what, "' is at most ", max / kMicrosPerDay, "d"));
  }
  return std::min(span.value_or(0), max);
}

/// A table rests for days: its clock is idle only if the job says so.
TimeSpec parse_table_time(const ConfigNode* node, SourcePlace place, ErrorList& errors) {
  TimeSpec defaults;
  defaults.idle_after.reset();
  TimeSpec time = parse_time(node, place, errors, std::move(defaults));
  if (time.clock_per) {
    errors.add(time.clock_per->place, "'clock': a table has one clock per partition");
  }
  return time;
}

}  // namespace

TableSpec parse_table(const PlacedText& name, const ConfigNode& node, ErrorList& errors) {
  TableSpec table;
  SourceSpec& source = table.source;
  source.name = name;
  MapReader map(node, concat("table '", name.value, "'"), errors);
  const ConfigNode* topic = map.find("topic");
  const ConfigNode* file = map.find("file");
  if ((topic == nullptr) == (file == nullptr)) {
    errors.add(name.place, concat(map.what(), " needs either 'topic' or 'file'"));
  }
  if (topic != nullptr) {
    if (auto text = read_topic(*topic, "topic", errors)) source.topics.push_back(*std::move(text));
  }
  if (file != nullptr) {
    table.file = read_text(*file, "file", errors);
    table.broadcast = true;
  }
  if (const ConfigNode* format = map.find("format")) {
    (void)read_choice_index(*format, {"json"}, "format", errors);
  }
  if (const ConfigNode* columns = map.require("columns")) {
    source.columns = parse_columns(*columns, errors);
  }
  if (const ConfigNode* key = map.require("key")) {
    table.key = read_texts(*key, "key", errors);
    if (table.key.empty()) errors.add(key->place, "'key': expected a column, or a list of them");
  }
  source.time = parse_table_time(map.find("time"), name.place, errors);
  if (const ConfigNode* history = map.find("history")) {
    if (file != nullptr) errors.add(history->place, "'history': a file is kept as it is");
    table.history = read_span(*history, "history", kHistoryMax, errors);
  }
  if (const ConfigNode* wait = map.find("wait")) {
    table.wait = read_span(*wait, "wait", kWaitMax, errors);
  }
  if (const ConfigNode* broadcast = map.find("broadcast")) {
    table.broadcast = read_boolean(*broadcast, "broadcast", errors).value_or(false);
    if (file != nullptr && !table.broadcast) {
      errors.add(broadcast->place, "'broadcast': every instance reads the whole file");
    }
  }
  if (table.broadcast && table.wait > 0) {
    errors.add(name.place, concat(map.what(), ": what every instance reads for itself is not "
                                  "waited for; leave out 'wait'"));
  }
  if (file != nullptr) table.history = kHistoryMax;
  map.refuse_others();
  return table;
}

}  // namespace sitrep
