// SPDX-License-Identifier: Apache-2.0
#pragma once
// A test case of a job as one text file, written and read by people (docs/test-cases.md):
//
//   # Rows behind the watermark go to the side topic.
//   --- job
//   …the job file; `kafka:` or `files:` may be left out; or else `--- job FILE`…
//   --- input
//   fleet.telemetry[0] {"vehicle_id": "V1", "ts": 1000}
//   advance 30s
//   --- expect fleet.summary
//   {"vehicle_id": "V1", "n": 1}
//   --- expect dead letters
//   fleet.telemetry[0]@3 range /speed
//
// A topic that a job writes and no section names must stay empty. Thread-compatible.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"

namespace sitrep {

/// One message on an input topic.
struct CaseMessage {
  TopicPartition partition;
  /// Nothing: a null payload (`null` alone stands for it).
  std::optional<std::string> value;
  std::optional<std::string> key;
  /// The message's own timestamp; the case's clock when not given.
  std::optional<Micros> timestamp;
};
/// Processing time goes on; what was sent before is read first.
struct CaseAdvance {
  Micros by;
};
/// Leaves offsets out, as aborted transactions do.
struct CaseGap {
  TopicPartition partition;
  std::int64_t offsets;
};
/// Everything sent before is read and committed here.
struct CaseSettle {};

struct CaseStep {
  std::size_t line;
  std::variant<CaseMessage, CaseAdvance, CaseGap, CaseSettle> action;
};

struct CaseExpectation {
  std::size_t line;
  std::string text;
};

struct CaseFile {
  std::string name;
  /// The comment at the top: what the case shows.
  std::string title;
  /// Empty while it lies in `job_file`, which whoever reads the case reads too.
  std::string job;
  /// Of `--- job FILE`: a path from the directory of the case.
  std::optional<std::string> job_file;
  std::size_t job_line = 0;
  std::vector<CaseStep> input;
  /// Whether the input ends (all windows close); `--- input without end` says no.
  bool ends = true;
  /// Number of partitions per input topic, the highest named and at least one.
  std::map<std::string, std::int32_t> partitions;
  /// Rows by topic.
  std::map<std::string, std::vector<CaseExpectation>> expected;
  /// Topics whose payloads are compared letter by letter (`--- expect text TOPIC`), not as JSON.
  std::set<std::string> texts;
  /// The headers of each record, by topic (`--- expect headers TOPIC`).
  std::map<std::string, std::vector<CaseExpectation>> headers;
  std::vector<CaseExpectation> dead_letters;
  /// Errors that `sitrep check` must give for the job (`--- expect errors`): nothing is run then.
  std::optional<std::vector<CaseExpectation>> errors;
};

/// kInvalidConfig naming file and line when the text is not a case.
Result<CaseFile> parse_case(std::string name, std::string_view text);

}  // namespace sitrep
