// SPDX-License-Identifier: Apache-2.0
#pragma once
// Alert records for the tests of their encodings: one that says everything, to be changed cell by
// cell, and what an encoder makes of one. Thread-compatible.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/alert_schema.h"
#include "engine/base/ensure.h"
#include "engine/base/text.h"
#include "engine/data/column_batch.h"
#include "engine/log/format.h"

namespace sitrep {

using AlertCells = std::map<std::string_view, Value>;

inline constexpr Micros kRaisedAt = 1'772'352'000'000'000;  // 2026-03-01T08:00:00Z

/// The second record of an episode, with `changed` instead. What it has no cell for is null.
inline std::vector<Value> alert_record(const AlertCells& changed = {},
                                       const Schema& schema = alert_schema()) {
  static const AlertCells kCells = {{"id", "dr5aaloriwq3we7rpbixbcokue"},
                                    {"revision", std::int64_t{2}},
                                    {"alert", "co_high"},
                                    {"key", "north/gen-1"},
                                    {"group", "north"},
                                    {"state", "active"},
                                    {"change", "updated"},
                                    {"at", kRaisedAt + 20'999'999},
                                    {"since", Null{}},
                                    {"raised_at", kRaisedAt},
                                    {"severity", "critical"},
                                    {"text", "CO at 120 ppm"},
                                    {"advice", "leave the room"},
                                    {"labels", R"({"site":"north","unit":"3 \"Coy\""})"},
                                    {"rule_version", "lhblzyml"},
                                    {"parameters_version", "2026-02-01T00:00:00.000Z"}};
  std::vector<Value> row;
  for (const Field& field : schema.fields) {
    const auto other = changed.find(field.name);
    const auto known = kCells.find(field.name);
    // What most records do not say: cause, by …
    const Value cell = known != kCells.end() ? known->second : Value(Null{});
    row.push_back(other != changed.end() ? other->second : cell);
  }
  return row;
}

/// The payload of one row, then, line by line, its headers as `name=value`.
inline std::vector<std::string> payload_and_headers(Encoder& encoder,
                                                    const std::vector<Value>& row,
                                                    const Schema& schema = alert_schema()) {
  std::vector<std::string> out(1);
  encoder.encode(BatchBuilder(schema).row(row).finish(), 0, out.front());
  for (const HeaderView& header : encoder.headers()) {
    ENSURE(header.value, "a header with a value");
    out.push_back(concat(header.name, "=", *header.value));
  }
  return out;
}

}  // namespace sitrep
