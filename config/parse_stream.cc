// SPDX-License-Identifier: Apache-2.0
#include "config/job_sections.h"
#include "config/map_reader.h"
#include "config/scalar_reader.h"
#include "engine/base/text.h"

namespace sitrep {

StreamSpec parse_stream(const PlacedText& name, const ConfigNode& node, const std::string& job,
                        ErrorList& errors) {
  StreamSpec stream;
  stream.name = name;
  MapReader map(node, concat("stream '", name.value, "'"), errors);
  if (const ConfigNode* sql = map.require("sql")) {
    if (auto text = read_text(*sql, "sql", errors)) stream.sql = *std::move(text);
  }
  stream.late = parse_late(map.find("late"), job, errors);
  stream.to = parse_sinks(map.find("to"), RowsOf::kStream, errors);
  map.refuse_others();
  return stream;
}

}  // namespace sitrep
