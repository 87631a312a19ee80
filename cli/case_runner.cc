// SPDX-License-Identifier: Apache-2.0
#include "cli/case_runner.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "config/assemble.h"
#include "config/parse_job.h"
#include "connectors/formats/canonical_json.h"
#include "connectors/formats/json_text.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"
#include "engine/runtime/pipeline_driver.h"

namespace sitrep {
namespace {

/// Cases begin here on the clock, an instant after every event time that a case is likely to use
/// and within any max_future_skew of none: messages without `at=` get it as their timestamp.
constexpr Micros kClockStart = Micros{4'102'444'800} * kMicrosPerSecond;  // 2100-01-01T00:00Z

/// A row as it is compared: message key (or `null`) and canonical payload.
struct Row {
  std::string key;
  std::string value;

  auto operator<=>(const Row&) const = default;
};

std::string with_log(const std::string& job) {
  const bool names_log = job.starts_with("kafka:") || job.starts_with("files:") ||
                         job.find("\nkafka:") != std::string::npos ||
                         job.find("\nfiles:") != std::string::npos;
  return names_log ? job : job + "\nkafka: {brokers: none}\n";
}

std::string header_of(const MemoryLog::StoredRecord& record, std::string_view name) {
  for (const auto& header : record.headers) {
    if (header.name == name) return header.value.value_or("");
  }
  return {};
}

/// The records of a topic, by partition and offset.
std::vector<MemoryLog::StoredRecord> written(const MemoryLog& log, const std::string& topic) {
  std::vector<MemoryLog::StoredRecord> out;
  const auto found = log.topics().find(topic);
  if (found == log.topics().end()) return out;
  for (std::int32_t p = 0; p < found->second; ++p) {
    for (const auto& record : log.records({topic, PartitionId(p)})) out.push_back(record);
  }
  return out;
}

/// A payload as one line that payloads with the same meaning share: JSON as its values, with
/// `as_text` the text itself, its line breaks as `\n`.
Result<std::string> comparable(std::string_view payload, bool as_text) {
  if (!as_text) return canonical_json(payload);
  std::string out;
  for (const char c : payload) {
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out;
}

Result<std::vector<Row>> written_rows(const MemoryLog& log, const std::string& topic,
                                      bool as_text) {
  std::vector<Row> rows;
  for (const auto& record : written(log, topic)) {
    ASSIGN_OR_RETURN(std::string value, comparable(record.value.value_or("null"), as_text));
    rows.push_back({.key = record.key.value_or("null"), .value = std::move(value)});
  }
  return rows;
}

/// The headers of each record as a JSON object.
Result<std::vector<std::string>> written_headers(const MemoryLog& log, const std::string& topic) {
  std::vector<std::string> out;
  for (const auto& record : written(log, topic)) {
    std::string object = "{";
    for (const auto& header : record.headers) {
      if (object.size() > 1) object += ',';
      append_json_string(object, header.name);
      object += ':';
      append_json_string(object, header.value.value_or(""));
    }
    ASSIGN_OR_RETURN(std::string canonical, canonical_json(object + "}"));
    out.push_back(std::move(canonical));
  }
  return out;
}

std::vector<std::string> written_dead_letters(const MemoryLog& log, const std::string& topic) {
  std::vector<std::string> out;
  for (const auto& record : written(log, topic)) {
    std::string text = concat(header_of(record, "topic"), "[", header_of(record, "partition"),
                              "]@", header_of(record, "offset"), " ", header_of(record, "reason"));
    if (const std::string index = header_of(record, "index"); index != "0") {
      text = concat(text, " #", index);
    }
    if (const std::string path = header_of(record, "path"); !path.empty()) {
      text = concat(text, " ", path);
    }
    out.push_back(std::move(text));
  }
  return out;
}

/// Lines that differ between two multisets; with `repeats_allowed`, more of an expected line is
/// fine.
std::string difference(std::string_view what, std::vector<std::string> expected,
                       std::vector<std::string> actual, bool repeats_allowed) {
  std::map<std::string, int> balance;
  for (const std::string& line : expected) ++balance[line];
  const std::set<std::string> known(expected.begin(), expected.end());
  std::string out;
  for (const std::string& line : actual) --balance[line];
  for (const auto& [line, count] : balance) {
    for (int i = 0; i < count; ++i) out += concat("  missing in ", what, ": ", line, "\n");
    if (count < 0 && !(repeats_allowed && known.contains(line))) {
      for (int i = 0; i < -count; ++i) out += concat("  not expected in ", what, ": ", line, "\n");
    }
  }
  return out;
}

/// The rows of each key, in order.
std::map<std::string, std::vector<std::string>> by_key(const std::vector<Row>& rows) {
  std::map<std::string, std::vector<std::string>> out;
  for (const Row& row : rows) out[row.key].push_back(row.value);
  return out;
}

std::string order_difference(std::string_view topic, const std::vector<std::string>& expected,
                             const std::vector<Row>& actual) {
  // Expected lines name no keys; for each key, its rows must stand in the expected order.
  std::map<std::string, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < expected.size(); ++i) places[expected[i]].push_back(i);
  std::string out;
  for (const auto& [key, values] : by_key(actual)) {
    std::map<std::string, std::size_t> used;
    std::size_t last = 0;
    for (const std::string& value : values) {
      const auto& all = places[value];
      const std::size_t place = all[std::min(used[value]++, all.size() - 1)];
      if (place < last) {
        out += concat("  in ", topic, ", key ", key, ": out of order: ", value, "\n");
      }
      last = std::max(last, place);
    }
  }
  return out;
}

class CasePlayer {
 public:
  CasePlayer(const CaseFile& file, const CaseWay& way, const std::string& scratch_dir)
      : file_(file), way_(way), scratch_dir_(scratch_dir), clock_(kClockStart), log_(clock_) {}

  Result<std::string> play() {
    std::vector<ConfigError> errors;
    const std::string text = with_log(file_.job);
    std::optional<JobSpec> spec = parse_job(text, "job", Environment(), errors);
    const FunctionRegistry functions = make_function_registry();
    std::shared_ptr<const JobPlan> plan;
    if (spec) {
      if (auto planned = plan_job(*std::move(spec), functions, errors)) {
        plan = std::make_shared<const JobPlan>(*std::move(planned));
      }
    }
    if (file_.errors) return compare_errors(errors);
    if (!plan) return concat("  the job is not valid:\n", to_string(std::move(errors)));
    if (const auto wrong = step_of_no_input(*plan)) return invalid_config(*wrong);
    for (const std::string& topic : plan->input_topics) {
      const auto named = file_.partitions.find(topic);
      TRY(log_.create_topic(
          topic,
          {.partitions = named == file_.partitions.end() ? 1 : named->second, .settings = {}}));
    }
    const Topology topology = assemble_topology(plan);
    TRY(run(topology));
    return compare(topology);
  }

 private:
  /// Messages and gaps are for topics that the job reads.
  std::optional<std::string> step_of_no_input(const JobPlan& plan) const {
    for (const CaseStep& step : file_.input) {
      const auto* message = std::get_if<CaseMessage>(&step.action);
      const auto* gap = std::get_if<CaseGap>(&step.action);
      if (message == nullptr && gap == nullptr) continue;
      const std::string& topic = (message != nullptr ? message->partition : gap->partition).topic;
      if (std::ranges::find(plan.input_topics, topic) != plan.input_topics.end()) continue;
      return concat(file_.name, ":", step.line, ": the job does not read the topic ", topic,
                    "; it reads ", join(plan.input_topics, ", "));
    }
    return std::nullopt;
  }

  /// Rows that are sent twice from task to task are counted twice: with crashes, only exactly-once
  /// has one right answer then.
  static bool re_keys(const Topology& topology) {
    return std::ranges::any_of(topology.stages,
                               [](const Stage& stage) { return !stage.repartitions.empty(); });
  }

  Result<void> run(const Topology& topology) {
    exactly_once_ = way_.exactly_once || (way_.crash_every > 0 && re_keys(topology));
    const bool needs_image = way_.crash_every > 0 || way_.tiny_memory;
    PipelineDriver driver(
        topology,
        {.workers = way_.workers,
         .batch_records_max = way_.batch_records_max,
         .state_dir = needs_image ? scratch_dir_ : "",
         .state_bytes_max = way_.tiny_memory ? std::optional<std::size_t>(0) : std::nullopt,
         .crash_every = way_.crash_every,
         .exactly_once = exactly_once_,
         .lose_disk = way_.lose_disk},
        log_, clock_);
    std::string last_topic;
    for (const CaseStep& step : file_.input) {
      if (const auto* message = std::get_if<CaseMessage>(&step.action)) {
        // Topics that meet in one task are read in the order of the file.
        if (message->partition.topic != last_topic) TRY(driver.read());
        last_topic = message->partition.topic;
        log_.append(message->partition,
                    {.offset = Offset(0),
                     .timestamp = message->timestamp ? *message->timestamp : clock_.now(),
                     .key = message->key,
                     .value = message->value,
                     .headers = {}});
      } else if (const auto* advance = std::get_if<CaseAdvance>(&step.action)) {
        TRY(driver.settle());
        clock_.advance(advance->by);
        TRY(driver.settle());
      } else if (const auto* gap = std::get_if<CaseGap>(&step.action)) {
        log_.skip_offsets(gap->partition, gap->offsets);
      } else {
        TRY(driver.settle());
      }
    }
    return file_.ends ? driver.finish() : driver.settle();
  }

  Result<std::string> compare(const Topology& topology) {
    const bool repeats = way_.crash_every > 0 && !exactly_once_;
    std::string out;
    for (const auto& [topic, creation] : topology.output_topics) {
      if (topic == topology.dead_letter_topic) continue;
      const bool as_text = file_.texts.contains(topic);
      std::vector<std::string> expected;
      if (const auto found = file_.expected.find(topic); found != file_.expected.end()) {
        ASSIGN_OR_RETURN(expected, comparable_lines(found->second, as_text));
      }
      ASSIGN_OR_RETURN(const std::vector<Row> rows, written_rows(log_, topic, as_text));
      std::vector<std::string> actual;
      for (const Row& row : rows) actual.push_back(row.value);
      std::string differs = difference(topic, expected, actual, repeats);
      if (differs.empty() && !repeats) differs = order_difference(topic, expected, rows);
      out += differs;
    }
    for (const auto& [topic, lines] : file_.headers) {
      TRY(check_written(topology, topic));
      ASSIGN_OR_RETURN(std::vector<std::string> expected, comparable_lines(lines, false));
      ASSIGN_OR_RETURN(std::vector<std::string> actual, written_headers(log_, topic));
      out += difference(concat("headers of ", topic), std::move(expected), std::move(actual),
                        repeats);
    }
    for (const auto& [topic, lines] : file_.expected) TRY(check_written(topology, topic));
    std::vector<std::string> letters;
    for (const CaseExpectation& line : file_.dead_letters) letters.push_back(line.text);
    out += difference("dead letters", letters,
                      written_dead_letters(log_, topology.dead_letter_topic), repeats);
    return out;
  }

  Result<void> check_written(const Topology& topology, const std::string& topic) const {
    if (topology.output_topics.contains(topic)) return {};
    return invalid_config(concat(file_.name, ": the job writes no topic ", topic));
  }

  Result<std::vector<std::string>> comparable_lines(const std::vector<CaseExpectation>& lines,
                                                    bool as_text) const {
    std::vector<std::string> out;
    for (const CaseExpectation& line : lines) {
      if (as_text) {
        out.push_back(line.text);  // one line already
        continue;
      }
      auto canonical = canonical_json(line.text);
      if (!canonical) {
        return invalid_config(
            concat(file_.name, ":", line.line, ": ", canonical.error().message()));
      }
      out.push_back(*std::move(canonical));
    }
    return out;
  }

  Result<std::string> compare_errors(const std::vector<ConfigError>& errors) {
    std::vector<std::string> expected;
    std::vector<std::string> actual;
    for (const CaseExpectation& line : *file_.errors) expected.push_back(line.text);
    for (const ConfigError& error : errors) {
      actual.push_back(concat(error.line, ":", error.column, ": ", error.message));
    }
    return difference("errors", expected, actual, /*repeats_allowed=*/false);
  }

  const CaseFile& file_;
  const CaseWay& way_;
  const std::string& scratch_dir_;
  bool exactly_once_ = false;
  ManualClock clock_;
  MemoryLog log_;
};

}  // namespace

const std::vector<CaseWay>& CaseWay::all() {
  static const std::vector<CaseWay> kAll = {
      {.name = "plain"},
      {.name = "batch-of-one", .batch_records_max = 1},
      {.name = "workers", .workers = 3},
      {.name = "crash-1", .crash_every = 1},
      {.name = "crash-2", .crash_every = 2},
      {.name = "crash-3", .crash_every = 3},
      {.name = "tiny-memory", .tiny_memory = true},
      {.name = "exactly-once-crash", .crash_every = 2, .exactly_once = true},
      {.name = "exactly-once-lost-disk", .crash_every = 1, .exactly_once = true, .lose_disk = true},
  };
  return kAll;
}

Result<std::string> play_case(const CaseFile& file, const CaseWay& way,
                              const std::string& scratch_dir) {
  return CasePlayer(file, way, scratch_dir).play();
}

}  // namespace sitrep
