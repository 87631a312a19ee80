// SPDX-License-Identifier: Apache-2.0
#include "config/parse_job.h"

#include <gtest/gtest.h>

#include "tests/unit/config/config_testing.h"

namespace sitrep {
namespace {

/// A job in which only `piece` is of interest; it begins on line 6.
std::string with(const std::string& piece) {
  return "job: fleet\n"
         "kafka: {brokers: localhost}\n"
         "streams: {all: {sql: SELECT v FROM t}}\n"
         "sources:\n"
         "  t: {topic: in, columns: {v: text}}\n" +
         piece;
}

/// A job whose source `t` has `piece` as further keys, on line 4.
std::string with_source(const std::string& piece) {
  return "job: fleet\nkafka: {brokers: localhost}\nsources:\n"
         "  t: {" + piece + "}\nstreams: {all: {sql: SELECT v FROM t}}\n";
}

std::string with_column(const std::string& declaration) {
  return with_source("topic: in, columns: {v: " + declaration + "}");
}

std::string with_alert(const std::string& keys) {
  return with("alerts:\n  hot: {from: t, key: v, text: hot, to: {topic: out}, " + keys + "}\n");
}

/// An alert whose `to:` is `keys`, on line 7.
std::string with_output(const std::string& keys) {
  return with("alerts:\n  hot: {from: t, key: v, text: hot, raise: v, to: {" + keys + "}}\n");
}

std::string with_stream(const std::string& keys) {
  return "job: fleet\nkafka: {brokers: localhost}\nsources:\n"
         "  t: {topic: in, columns: {v: text}}\nstreams:\n  all: {sql: SELECT v FROM t, " + keys +
         "}\n";
}

struct Case {
  std::string name;
  std::string text;
  /// All complaints, one per line.
  std::string errors;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class ParseJobErrors : public testing::TestWithParam<Case> {};

TEST_P(ParseJobErrors, are_these) {
  const ParseAttempt attempt = attempt_parse(GetParam().text, {{"EMPTY", ""}});
  EXPECT_EQ(attempt.errors, GetParam().errors);
  EXPECT_EQ(attempt.job.has_value(), GetParam().errors.empty());
}

const Case kStructure[] = {
    {"minimal", with(""), ""},
    {"empty_file", "", "job.yaml:1:1: the job file: expected a map, found nothing\n"},
    {"not_a_map", "- a\n", "job.yaml:1:1: the job file: expected a map, found a list\n"},
    {"nothing_in_it", "{}",
     "job.yaml:1:1: a job reads and writes one log: expected either 'kafka' or 'files'\n"
     "job.yaml:1:1: the job does nothing: expected 'streams' or 'alerts'\n"
     "job.yaml:1:1: the job file needs 'job'\n"
     "job.yaml:1:1: the job file needs 'sources'\n"},
    {"unknown_key", with("dead_leters: {topic: x}\n"),
     "job.yaml:6:1: the job file: unknown key 'dead_leters' (did you mean 'dead_letters'?); known: "
     "alerts, commit_interval, dead_letters, delivery, files, flood_control, "
     "flush_interval, group, instance, "
     "job, "
     "kafka, memory, metrics, snapshot_after, sources, state_dir, streams, tables, workers\n"},
    {"duplicate_key", with("memory: 1GiB\nmemory: 2GiB\n"),
     "job.yaml:7:1: the key 'memory' is here twice; first on line 6\n"},
    {"key_that_is_no_text", with("[a]: b\n"), "job.yaml:6:1: a key must be a text\n"},
    {"two_logs", with("files: {directory: data}\n"),
     "job.yaml:6:8: a job reads and writes one log: expected either 'kafka' or 'files'\n"},
    {"syntax", with("memory: [1\n"), "job.yaml:7:1: YAML syntax: end of sequence flow not found\n"},
    {"tab", "job: a\n\tb: c\n", "job.yaml:2:1: YAML syntax: illegal tab when looking for "
    "indentation\n"},
    {"second_document", with("---\njob: b\n"),
     "job.yaml:7:1: a second YAML document begins here; expected one\n"},
    {"unterminated_quote", with("state_dir: \"x\n"),
     "job.yaml:6:12: the quoted text that begins here does not end\n"},
    {"not_utf8", with("state_dir: \"\xE9\"\n"), "job.yaml:6:13: this byte is not UTF-8 text\n"},
    {"nul", with(std::string("state_dir: a\0b\n", 15)),
     "job.yaml:6:13: this byte is not UTF-8 text\n"},
    {"byte_order_mark", "\xEF\xBB\xBF" + with("memry: 1\nworkers: 0\n"),
     "job.yaml:6:1: the job file: unknown key 'memry' (did you mean 'memory'?); known: alerts, "
     "commit_interval, dead_letters, delivery, files, flood_control, "
     "flush_interval, group, instance, job, kafka, "
     "memory, metrics, snapshot_after, sources, state_dir, streams, tables, workers\n"
     "job.yaml:7:10: 'workers': expected a whole number from 1 to 256, found '0'\n"},
    {"alias_in_its_own_anchor", with("x: &a [*a]\n"), "job.yaml:6:4: nested deeper than 32 "
    "levels\n"},
    {"deep", with("x: " + std::string(40, '[') + std::string(40, ']') + "\n"),
     "job.yaml:6:35: nested deeper than 32 levels\n"},
    {"very_deep", with("x: " + std::string(5000, '[')),
     "job.yaml:6:5004: YAML syntax: bad file\n"},
};

const Case kScalars[] = {
    {"all_at_once",
     with("delivery: exactly_onc\nmemory: 12 bananas\ncommit_interval: soon\nflush_interval: 2d\n"
          "workers: many\nstate_dir: ''\ninstance: a/b\ngroup: [g]\nmetrics: {listen: '9464'}\n"
          "dead_letters: {topic: ../etc}\n"),
     "job.yaml:6:11: 'delivery': expected at_least_once, exactly_once; found 'exactly_onc' (did "
     "you "
     "mean 'exactly_once'?)\n"
     "job.yaml:7:9: 'memory': expected a size such as 64MiB or 1GiB, found '12 bananas'\n"
     "job.yaml:8:18: 'commit_interval': expected a duration such as 500ms, 30s, 5min, 1h or 2d, "
     "found 'soon'\n"
     "job.yaml:9:17: 'flush_interval' must be from 1ms to 1d\n"
     "job.yaml:10:10: 'workers': expected a whole number from 1 to 256, found 'many'\n"
     "job.yaml:11:12: 'state_dir' is empty\n"
     "job.yaml:12:11: 'instance': expected a name of at most 249 letters, digits, '.', '_' and "
     "'-', "
     "found 'a/b'\n"
     "job.yaml:13:8: 'group': expected one value, found a list\n"
     "job.yaml:14:19: 'listen': expected host:port or off, found '9464'\n"
     "job.yaml:15:23: 'topic': expected a name of at most 249 letters, digits, '.', '_' and '-', "
     "found '../etc'\n"},
    {"intervals_have_bounds", with("commit_interval: 0s\nmemory: 1kB\nsnapshot_after: 10B\n"),
     "job.yaml:6:18: 'commit_interval' must be from 1ms to 1min\n"
     "job.yaml:7:9: 'memory' is below 1MiB\n"
     "job.yaml:8:17: 'snapshot_after' is below 1KiB\n"},
    {"own_properties", with("").replace(11, 27, "kafka: {brokers: b, properties: {group.id: g, "
                                                "transactional.id: t, linger.ms: 5, x: }}"),
     "job.yaml:2:34: the property 'group.id' cannot be set: use 'group'\n"
     "job.yaml:2:47: the property 'transactional.id' cannot be set: sitrep sets it\n"
     "job.yaml:2:82: 'x': expected one value, found nothing\n"},
    {"unset_variable", with("state_dir: a/${HOME_DIR}/${EMPTY:-b}/${X\n"),
     "job.yaml:6:14: the environment variable HOME_DIR is not set; set it or write "
     "${HOME_DIR:-default}\n"
     "job.yaml:6:38: '${' without '}'; write $$ for a dollar sign\n"},
    {"unset_variable_alone", with("").replace(11, 27, "kafka: {brokers: \"${GONE}\"}"),
     "job.yaml:2:19: the environment variable GONE is not set; set it or write "
     "${GONE:-default}\n"},
    {"variable_without_quotes", with("").replace(11, 27, "kafka: {brokers: ${GONE:-here}}"),
     "job.yaml:2:19: YAML syntax: end of map flow not found; inside of { } a variable needs "
     "quotes: \"${NAME}\"\n"},
    {"empty_variable", with("").replace(11, 27, "kafka: {brokers: \"${EMPTY}\"}"),
     "job.yaml:2:18: 'brokers' is empty\n"},
    {"bad_variable_name", with("state_dir: |\n  ${1x}\n"),
     "job.yaml:7:3: '${1x}' does not name a variable; expected ${NAME} or ${NAME:-default}, and $$ "
     "for a dollar sign\n"},
};

const Case kSources[] = {
    {"no_topic", with_source("columns: {v: text}"),
     "job.yaml:4:3: source 't' needs either 'topic' or 'topics'\n"},
    {"topic_and_topics", with_source("topic: a, topics: [b], columns: {v: text}"),
     "job.yaml:4:3: source 't' needs either 'topic' or 'topics'\n"},
    {"pattern", with_source("pattern: a.*, columns: {v: text}"),
     "job.yaml:4:16: 'pattern' is not supported yet; name the topics with 'topics'\n"},
    {"no_columns", with_source("topic: a"), "job.yaml:4:6: source 't' needs 'columns'\n"},
    {"empty_columns", with_source("topic: a, columns: {}"),
     "job.yaml:4:26: 'columns': expected a map of names to types, found a map\n"},
    {"source_that_is_no_map", "job: j\nfiles: {directory: d}\nsources: {t: in}\nstreams: {s: "
    "{sql: x}}",
     "job.yaml:3:11: source 't' needs either 'topic' or 'topics'\n"
     "job.yaml:3:14: source 't': expected a map, found a text\n"},
    {"format", with_source("topic: a, format: avro, columns: {v: text}"),
     "job.yaml:4:25: 'format': expected json; found 'avro'\n"},
    {"unknown_type", with_column("doubl"),
     "job.yaml:4:31: column 'v': unknown type 'doubl' (did you mean 'double'?); known: boolean, "
     "bigint, double, text, timestamp\n"},
    {"interval_type", with_column("interval"),
     "job.yaml:4:31: column 'v': unknown type 'interval'; known: boolean, bigint, double, text, "
     "timestamp\n"},
    {"no_type", with_column("{required: true}"), "job.yaml:4:28: column 'v' needs 'type'\n"},
    {"reserved_name", with_source("topic: a, columns: {_key: text, v: text, 9x: text}"),
     "job.yaml:4:27: column '_key': names with '_' in front are kept for _key, _timestamp, "
     "_partition and _offset\n"
     "job.yaml:4:48: column '9x': expected letters, digits and '_', no digit first\n"},
    {"column_rules", with_column("{type: text, min: 1, required: yes, path: a, unit: }"),
     "job.yaml:4:49: column 'v': 'min' is for bigint and double, not text\n"
     "job.yaml:4:62: 'required': expected true or false, found 'yes'\n"
     "job.yaml:4:73: 'path': expected a JSON pointer such as /position/lat, found 'a'\n"
     "job.yaml:4:76: 'unit': expected one value, found nothing\n"},
    {"range_upside_down", with_column("{type: double, min: 3, max: 2}"),
     "job.yaml:4:51: column 'v': 'min' 3 is above 'max' 2\n"},
    {"default_of_wrong_type", with_column("{type: bigint, default: 1.5}"),
     "job.yaml:4:55: 'default': expected a bigint, found '1.5'\n"},
    {"default_out_of_range", with_column("{type: bigint, default: 9, max: 8}"),
     "job.yaml:4:55: column 'v': the default is outside its own range\n"},
    {"required_with_default", with_column("{type: text, default: x, required: true}"),
     "job.yaml:4:53: column 'v': a required column has no default\n"},
    {"unit_of_time", with_column("{type: timestamp, unit: fortnights}"),
     "job.yaml:4:55: 'unit': expected s, ms, us, ns, rfc3339; found 'fortnights'\n"},
    {"wrong_type_for_origin", with_column("{type: text, from: offset}"),
     "job.yaml:4:38: column 'v': what comes from there is bigint, not text\n"},
    {"path_of_key", with_column("{from: key, path: /a}"),
     "job.yaml:4:49: column 'v': 'path' is for the payload and headers only\n"},
    {"time", with_source("topic: a, columns: {v: text}, time: {column: [v], clock: v, idle_after: "
                         "often, out_of_orderness: -5s, lateness: 3}"),
     "job.yaml:4:52: 'column': expected one value, found a list\n"
     "job.yaml:4:64: 'clock': expected a map, found a text\n"
     "job.yaml:4:79: 'idle_after': expected a duration such as 500ms, 30s, 5min, 1h or 2d, found "
     "'often'\n"
     "job.yaml:4:104: 'out_of_orderness': expected a duration such as 500ms, 30s, 5min, 1h or 2d, "
     "found '-5s'\n"
     "job.yaml:4:109: 'time': unknown key 'lateness'; known: clock, clock_expire, column, "
     "idle_after, idle_close, max_future_skew, out_of_orderness\n"},
    {"start", with_source("topic: a, columns: {v: text}, start: end, on_gap: jump"),
     "job.yaml:4:44: 'start': expected earliest, latest, fail; found 'end'\n"
     "job.yaml:4:57: 'on_gap': expected fail, skip; found 'jump'\n"},
};

const Case kOutputs[] = {
    {"no_sql", "job: j\nfiles: {directory: d}\nsources: {t: {topic: a, columns: {v: text}}}\n"
               "streams: {s: {to: {topic: b}}}\n",
     "job.yaml:4:14: stream 's' needs 'sql'\n"},
    {"stream_name", with("alerts: {}\n").replace(49, 3, "a-b"),
     "job.yaml:3:11: stream 'a-b': expected letters, digits and '_', no digit first\n"},
    {"sink", with_stream("to: [{topic: a b}, {key: x, timestamps: s}, x]"),
     "job.yaml:6:44: 'topic': expected a name of at most 249 letters, digits, '.', '_' and '-', "
     "found 'a b'\n"
     "job.yaml:6:50: 'to' needs 'topic'\n"
     "job.yaml:6:71: 'timestamps': expected rfc3339, ms; found 's' (did you mean 'ms'?)\n"
     "job.yaml:6:75: 'to': expected a map, found a text\n"},
    {"format", with_stream("to: [{topic: a, format: json}, {topic: b, format: alert.v1}, "
                           "{topic: c, format: cap, cap: {}}, {topic: d, format: jason}]"),
     "job.yaml:6:81: 'format': alert.v1 is for the records of alerts; what a stream writes is "
     "json\n"
     "job.yaml:6:111: 'format': cap is for the records of alerts; what a stream writes is json\n"
     "job.yaml:6:145: 'format': expected json, alert.v1, cap; found 'jason' (did you mean "
     "'json'?)\n"},
    {"create", with_stream("to: {topic: a, create: {partitions: 0}}"),
     "job.yaml:6:67: 'partitions': expected a whole number from 1 to 10000, found '0'\n"},
    {"late_policy", with_stream("late: {policy: later}"),
     "job.yaml:6:46: 'policy': expected side, update, drop; found 'later'\n"},
    {"late_drop_with_topic", with_stream("late: {policy: drop, topic: x}"),
     "job.yaml:6:59: 'late': dropped rows go to no topic\n"},
    {"late_update_without_lateness", with_stream("late: {policy: update}"),
     "job.yaml:6:37: 'late': 'allowed_lateness' and 'policy: update' go together\n"},
    {"late_side_with_lateness", with_stream("late: {policy: side, allowed_lateness: 1h}"),
     "job.yaml:6:37: 'late': 'allowed_lateness' and 'policy: update' go together\n"},
};

const Case kAlerts[] = {
    {"good", with_alert("raise: v > 'a', for: 2s, severity: critical, order: arrival"), ""},
    {"silence", with_alert("silent_after: 5min"), ""},
    {"no_condition", with_alert("severity: info"),
     "job.yaml:7:3: alert 'hot' needs either 'raise' or 'silent_after'\n"},
    {"both_conditions",
     with_alert("raise: a, silent_after: 0s, clear: b, for: 1s, clear_for: 1s"),
     "job.yaml:7:3: alert 'hot' needs either 'raise' or 'silent_after'\n"
     "job.yaml:7:79: 'silent_after' must be above 0\n"
     "job.yaml:7:90: 'clear', 'for' and 'clear_for' do not go with 'silent_after': the next row "
     "clears\n"
     "job.yaml:7:98: 'clear', 'for' and 'clear_for' do not go with 'silent_after': the next row "
     "clears\n"
     "job.yaml:7:113: 'clear', 'for' and 'clear_for' do not go with 'silent_after': the next row "
     "clears\n"},
    {"severity", with_alert("raise: a, severity: high, order: none, late: {policy: update, "
                            "allowed_lateness: 1s}"),
     "job.yaml:7:75: 'severity': expected info, warning, critical, or SQL (a lone column in "
     "parentheses: (high)); found 'high'\n"
     "job.yaml:7:88: 'order': expected event, arrival; found 'none'\n"
     "job.yaml:7:100: 'late': an alert is never updated; expected side or drop\n"},
    {"severity_sql", with_alert("raise: a, severity: \"CASE WHEN v THEN 'info' END\""), ""},
    {"severity_lone_column", with_alert("raise: a, severity: (level)"), ""},
    {"severity_of_silence", with_alert("silent_after: 5min, severity: high"),
     "job.yaml:7:85: 'severity': expected info, warning, critical; found 'high'\n"},
    {"severity_sql_of_silence", with_alert("silent_after: 5min, severity: \"lower('INFO')\""),
     "job.yaml:7:85: 'severity': with 'silent_after' there is no row to look at; expected info, "
     "warning, critical\n"},
    {"format", with_output("topic: a, format: alert.v1"), ""},
    {"format_with_times", with_output("topic: a, format: alert.v1, timestamps: ms"),
     "job.yaml:7:92: 'timestamps': alert.v1 says itself how times look; leave it out\n"},
    {"format_that_is_none", with_output("topic: a, format: alert-v1"),
     "job.yaml:7:70: 'format': expected json, alert.v1, cap; found 'alert-v1' (did you mean "
     "'alert.v1'?)\n"},
    {"cap_without_its_words", with_output("topic: a, format: cap"),
     "job.yaml:7:70: 'to': 'format: cap' and 'cap: {sender: …}' go together\n"},
    {"cap_of_another_format", with_output("topic: a, cap: {sender: ops}"),
     "job.yaml:7:67: 'to': 'format: cap' and 'cap: {sender: …}' go together\n"},
    {"cap", with_output("topic: a, format: cap, cap: {sender: ops, scope: Private, addresses: b, "
                        "language: fr-CD}"), ""},
    {"cap_words", with_output("topic: a, format: cap, cap: {status: actual, scope: Private, "
                              "category: Fuel, language: e_n, restriction: x, for: y}"),
     "job.yaml:7:80: 'cap' needs 'sender'\n"
     "job.yaml:7:80: 'cap' with 'scope: Private' needs 'addresses'\n"
     "job.yaml:7:89: 'status': expected Actual, Exercise, System, Test, Draft; found 'actual' (did "
     "you mean 'Actual'?)\n"
     "job.yaml:7:123: 'category': expected Geo, Met, Safety, Security, Rescue, Fire, Health, Env, "
     "Transport, Infra, CBRNE, Other; found 'Fuel'\n"
     "job.yaml:7:139: 'language': expected a tag such as en-US, found 'e_n'\n"
     "job.yaml:7:157: 'restriction' goes with 'scope: Restricted'\n"
     "job.yaml:7:160: 'cap': unknown key 'for'; known: addresses, category, language, restriction, "
     "scope, sender, status\n"},
    {"cap_names", with_output("topic: a, format: cap, cap: {sender: 'a,b', addresses: ['\"']}"),
     "job.yaml:7:89: 'sender': expected a name without spaces, ',', '<' and '&', such as "
     "ops@mission.example; found 'a,b'\n"
     "job.yaml:7:108: 'addresses': expected one without '\"', found '\"'\n"},
    {"missing", with("alerts: {hot: {raise: x}}\n"),
     "job.yaml:6:15: alert 'hot' needs 'from'\n"
     "job.yaml:6:15: alert 'hot' needs 'key'\n"
     "job.yaml:6:15: alert 'hot' needs 'text'\n"
     "job.yaml:6:15: alert 'hot' needs 'to'\n"},
};

std::string name_of(const testing::TestParamInfo<Case>& param_info) {
  return param_info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Structure, ParseJobErrors, testing::ValuesIn(kStructure), name_of);
INSTANTIATE_TEST_SUITE_P(Scalars, ParseJobErrors, testing::ValuesIn(kScalars), name_of);
INSTANTIATE_TEST_SUITE_P(Sources, ParseJobErrors, testing::ValuesIn(kSources), name_of);
INSTANTIATE_TEST_SUITE_P(Outputs, ParseJobErrors, testing::ValuesIn(kOutputs), name_of);
INSTANTIATE_TEST_SUITE_P(Alerts, ParseJobErrors, testing::ValuesIn(kAlerts), name_of);

TEST(ParseJob, a_file_above_one_mebibyte_is_refused_unread) {
  EXPECT_EQ(attempt_parse(std::string(kJobFileBytesMax + 1, '[')).errors,
            "job.yaml: the file has 1048577 bytes; a job file has at most 1048576\n");
}

TEST(ParseJob, an_alias_bomb_is_refused) {
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name <= 'j'; ++name) {
    const char before = static_cast<char>(name - 1);
    text += std::string{name} + ": &" + name + " [";
    for (int i = 0; i < 9; ++i) text += std::string(i == 0 ? "*" : ", *") + before;
    text += "]\n";
  }
  EXPECT_EQ(attempt_parse(text).errors,
            "job.yaml:1:4: more than 20000 values after the expansion of aliases\n");
}

TEST(ParseJob, a_large_text_repeated_by_aliases_is_refused) {
  std::string text = "a: &a " + std::string(50'000, 'x') + "\nb: [*a";
  for (int i = 0; i < 1000; ++i) text += ", *a";
  EXPECT_EQ(attempt_parse(text + "]\n").errors,
            "job.yaml:1:4: more than 2097152 bytes of text after the expansion of aliases\n");
}

constexpr std::string_view kFullJob = R"(
job: fleet
delivery: exactly_once
memory: 64MiB
commit_interval: 250ms
flush_interval: 5s
snapshot_after: 8MiB
workers: 3
state_dir: /var/lib/sitrep
instance: ${POD:-one}
group: fleet-group
kafka:
  brokers: "${BROKERS}"
  properties: {security.protocol: SSL, ssl.key.password: "file:/etc/secret"}
  replication: 3
metrics: {listen: off}
sources:
  telemetry:
    topics: [fleet.telemetry, fleet.replay]
    format: json
    columns:
      vehicle_id: {type: text, required: true}
      ts: {type: timestamp, unit: ms, required: true}
      lat: {type: double, path: /position/lat, min: -90, max: 90, unit: deg}
      gear: {type: int, default: -1, min: -1}
      trace: {from: header, path: traceparent}
      engine_on: boolean
    partitioned_by: [vehicle_id, camp]
    time: {column: ts, out_of_orderness: 2s, clock: {per: camp}, idle_after: never,
           idle_close: 10min, max_future_skew: 1min, clock_expire: 7d}
    start: latest
    on_gap: skip
streams:
  summary:
    sql: |
      SELECT vehicle_id FROM telemetry
    late: {policy: update, allowed_lateness: 1h, topic: fleet.too_late, create: {partitions: 2}}
    to:
      - {topic: fleet.summary, key: vehicle_id, timestamps: ms, create: {partitions: 6}}
      - topic: fleet.copy
alerts:
  speeding:
    from: telemetry
    key: [vehicle_id, camp]
    raise: speed > 110
    for: 10s
    clear: speed < 100
    clear_for: 5s
    severity: critical
    text: "{vehicle_id} at {speed} km/h"
    order: event
    late: {policy: drop}
    to:
      - {topic: fleet.alerts}
      - {topic: fleet.records, format: alert.v1}
      - {topic: fleet.cap, format: cap, cap: {sender: ops@mission.example}}
      - topic: fleet.drill
        format: cap
        cap: {sender: ops, status: Exercise, scope: Private, addresses: [a@b, c d, e],
              category: Fire, language: fr}
dead_letters: {topic: fleet.dead, create: {partitions: 1}}
)";

TEST(ParseJob, reads_every_top_level_key) {
  const ParseAttempt attempt = attempt_parse(kFullJob, {{"BROKERS", "k1:9092,k2:9092"}});
  ASSERT_EQ(attempt.errors, "");
  const JobSpec& job = *attempt.job;
  EXPECT_EQ(job.job.value, "fleet");
  EXPECT_EQ(job.delivery, Delivery::kExactlyOnce);
  EXPECT_EQ(job.memory_bytes, 64U << 20U);
  EXPECT_EQ(job.commit_interval, 250'000);
  EXPECT_EQ(job.flush_interval, 5'000'000);
  EXPECT_EQ(job.snapshot_after, 8U << 20U);
  EXPECT_EQ(job.workers, 3);
  EXPECT_EQ(job.state_dir, "/var/lib/sitrep");
  EXPECT_EQ(job.instance, "one");
  EXPECT_EQ(job.group, "fleet-group");
  EXPECT_EQ(job.kafka->brokers.value, "k1:9092,k2:9092");
  EXPECT_EQ(job.kafka->replication, 3);
  EXPECT_EQ(job.kafka->properties.at("security.protocol").value, "SSL");
  EXPECT_EQ(job.kafka->properties.at("ssl.key.password").value, "file:/etc/secret");
  EXPECT_FALSE(job.files);
  EXPECT_FALSE(job.metrics_listen);
  EXPECT_EQ(job.dead_letters.topic.value, "fleet.dead");
  EXPECT_EQ(job.dead_letters.create_partitions, 1);
}

TEST(ParseJob, reads_every_key_of_a_source) {
  const ParseAttempt attempt = attempt_parse(kFullJob, {{"BROKERS", "b"}});
  ASSERT_EQ(attempt.errors, "");
  const SourceSpec& source = attempt.job->sources.at(0);
  EXPECT_EQ(source.name.value, "telemetry");
  EXPECT_EQ(source.name.place, (SourcePlace{18, 3}));
  ASSERT_EQ(source.topics.size(), 2U);
  EXPECT_EQ(source.topics[1].value, "fleet.replay");
  ASSERT_EQ(source.columns.size(), 6U);
  EXPECT_TRUE(source.columns[0].spec.required);
  EXPECT_EQ(source.columns[0].spec.path, "/vehicle_id");
  EXPECT_EQ(source.columns[1].spec.unit, TimestampUnit::kMillis);
  EXPECT_EQ(source.columns[2].spec.path, "/position/lat");
  EXPECT_EQ(source.columns[2].spec.min, -90);
  EXPECT_EQ(source.columns[2].spec.max, 90);
  EXPECT_EQ(source.columns[2].unit, "deg");
  EXPECT_EQ(source.columns[3].spec.type, Type::kBigint);
  EXPECT_EQ(source.columns[3].spec.default_value, Value(std::int64_t{-1}));
  EXPECT_EQ(source.columns[4].spec.origin, ColumnOrigin::kHeader);
  EXPECT_EQ(source.columns[4].spec.path, "traceparent");
  EXPECT_EQ(source.columns[4].spec.type, Type::kText);
  EXPECT_EQ(source.columns[5].spec.type, Type::kBoolean);
  ASSERT_EQ(source.partitioned_by->size(), 2U);
  EXPECT_EQ(source.time.column.value, "ts");
  EXPECT_EQ(source.time.out_of_orderness, 2'000'000);
  EXPECT_EQ(source.time.clock_per->value, "camp");
  EXPECT_FALSE(source.time.idle_after);
  EXPECT_EQ(source.time.idle_close, 600'000'000);
  EXPECT_EQ(source.time.max_future_skew, 60'000'000);
  EXPECT_EQ(source.time.clock_expire, 7 * kMicrosPerDay);
  EXPECT_EQ(source.start, StartPolicy::kLatest);
  EXPECT_EQ(source.on_gap, GapPolicy::kSkip);
}

TEST(ParseJob, reads_every_key_of_streams_and_alerts) {
  const ParseAttempt attempt = attempt_parse(kFullJob, {{"BROKERS", "b"}});
  ASSERT_EQ(attempt.errors, "");
  const StreamSpec& stream = attempt.job->streams.at(0);
  EXPECT_EQ(stream.sql.value, "SELECT vehicle_id FROM telemetry\n");
  EXPECT_EQ(stream.late.policy, LatePolicy::kUpdate);
  EXPECT_EQ(stream.late.allowed_lateness, 3'600'000'000);
  EXPECT_EQ(stream.late.topic.value, "fleet.too_late");
  EXPECT_EQ(stream.late.create_partitions, 2);
  ASSERT_EQ(stream.to.size(), 2U);
  EXPECT_EQ(stream.to[0].topic.value, "fleet.summary");
  EXPECT_EQ(stream.to[0].key.at(0).value, "vehicle_id");
  EXPECT_EQ(stream.to[0].timestamps, TimestampStyle::kMillis);
  EXPECT_EQ(stream.to[0].create_partitions, 6);
  EXPECT_TRUE(stream.to[1].key.empty());
  const AlertSpec& alert = attempt.job->alerts.at(0);
  EXPECT_EQ(alert.from.value, "telemetry");
  EXPECT_EQ(alert.key.size(), 2U);
  EXPECT_EQ(alert.raise->value, "speed > 110");
  EXPECT_EQ(alert.clear->value, "speed < 100");
  EXPECT_EQ(alert.hold_for, 10'000'000);
  EXPECT_EQ(alert.clear_for, 5'000'000);
  EXPECT_EQ(alert.severity, AlertSeverity::kCritical);
  EXPECT_EQ(alert.order, AlertOrder::kEvent);
  EXPECT_EQ(alert.late.policy, LatePolicy::kDrop);
  EXPECT_EQ(alert.to.at(0).topic.value, "fleet.alerts");
}

TEST(ParseJob, reads_every_key_of_an_output) {
  const ParseAttempt attempt = attempt_parse(kFullJob, {{"BROKERS", "b"}});
  ASSERT_EQ(attempt.errors, "");
  const std::vector<SinkSpec>& to = attempt.job->alerts.at(0).to;
  ASSERT_EQ(to.size(), 4U);
  EXPECT_EQ(to[0].format, SinkFormat::kJson);
  EXPECT_FALSE(to[0].cap);
  EXPECT_EQ(to[1].format, SinkFormat::kAlert);
  EXPECT_FALSE(to[1].cap);
  EXPECT_EQ(to[2].format, SinkFormat::kCap);
  EXPECT_EQ(to[2].cap->sender, "ops@mission.example");
  EXPECT_EQ(to[2].cap->status, "Actual");
  EXPECT_EQ(to[2].cap->scope, "Restricted");
  EXPECT_EQ(to[2].cap->restriction, "for operational use only");
  EXPECT_EQ(to[2].cap->addresses, "");
  EXPECT_EQ(to[2].cap->category, "Infra");
  EXPECT_EQ(to[2].cap->language, "en-US");
  EXPECT_EQ(to[3].cap->sender, "ops");
  EXPECT_EQ(to[3].cap->status, "Exercise");
  EXPECT_EQ(to[3].cap->scope, "Private");
  EXPECT_EQ(to[3].cap->restriction, "");
  EXPECT_EQ(to[3].cap->addresses, "a@b \"c d\" e");
  EXPECT_EQ(to[3].cap->category, "Fire");
  EXPECT_EQ(to[3].cap->language, "fr");
}

TEST(ParseJob, fills_in_defaults) {
  const ParseAttempt attempt = attempt_parse(with(""));
  ASSERT_EQ(attempt.errors, "");
  const JobSpec& job = *attempt.job;
  EXPECT_EQ(job.delivery, kDefaultDelivery);
  EXPECT_EQ(job.memory_bytes, 256U << 20U);
  EXPECT_EQ(job.commit_interval, 100'000);
  EXPECT_EQ(job.flush_interval, 3'000'000);
  EXPECT_EQ(job.snapshot_after, 64U << 20U);
  EXPECT_FALSE(job.workers);
  EXPECT_EQ(job.state_dir, "./.sitrep/fleet");
  EXPECT_FALSE(job.instance);
  EXPECT_EQ(job.group, "fleet");
  EXPECT_EQ(job.metrics_listen, "127.0.0.1:9464");
  EXPECT_EQ(job.dead_letters.topic.value, "fleet.dead_letters");
  EXPECT_EQ(job.dead_letters.create_partitions, 1);
  EXPECT_EQ(job.streams[0].late.create_partitions, 1);
  EXPECT_EQ(job.streams[0].late.topic.value, "fleet.late");
  EXPECT_FALSE(job.sources[0].partitioned_by);
  EXPECT_EQ(job.sources[0].time.column.value, "_timestamp");
  EXPECT_EQ(job.sources[0].time.out_of_orderness, 5'000'000);
  EXPECT_EQ(job.sources[0].time.idle_after, 30'000'000);
  EXPECT_EQ(job.sources[0].time.max_future_skew, 300'000'000);
}

TEST(ParseJob, overrides_change_values_and_make_keys) {
  const ParseAttempt attempt = attempt_parse(
      kFullJob, {{"BROKERS", "b"}},
      {"workers=7", "sources.telemetry.start=earliest", "streams.summary.to.1.topic=fleet.other",
       "alerts.speeding.for=${HOLD:-2s}", "kafka.properties.security.protocol=PLAINTEXT",
       "sources.telemetry.partitioned_by=[vehicle_id]", "sources.telemetry.time.idle_after=1s"});
  ASSERT_EQ(attempt.errors, "");
  EXPECT_EQ(attempt.job->workers, 7);
  EXPECT_EQ(attempt.job->sources[0].start, StartPolicy::kEarliest);
  EXPECT_EQ(attempt.job->sources[0].partitioned_by->size(), 1U);
  EXPECT_EQ(attempt.job->sources[0].time.idle_after, 1'000'000);
  EXPECT_EQ(attempt.job->streams[0].to[1].topic.value, "fleet.other");
  EXPECT_EQ(attempt.job->alerts[0].hold_for, 2'000'000);
  EXPECT_EQ(attempt.job->kafka->properties.at("security.protocol").value, "PLAINTEXT");
}

TEST(ParseJob, complaints_about_overrides_name_them) {
  const ParseAttempt attempt = attempt_parse(
      with(""), {},
      {"workers", "sources.tt.start=latest", "memory.max=3", "job..x=1", "sources.t.strat=latest",
       "sources.t.topic.x=1", "workers=none", "memory=[1"});
  EXPECT_EQ(attempt.errors,
            "--set job..x=1: the path has an empty part\n"
            "--set memory.max=3: 'memory': expected one value, found a map\n"
            "--set memory=[1: YAML syntax: end of sequence flow not found\n"
            "--set sources.t.strat=latest: source 't': unknown key 'strat' (did you mean "
            "'start'?); known: columns, format, on_gap, partitioned_by, pattern, start, time, "
            "topic, topics\n"
            "--set sources.t.topic.x=1: 'sources.t.topic' is one value; it has no 'x'\n"
            "--set sources.tt.start=latest: 'sources' has no 'tt' (did you mean 't'?)\n"
            "--set workers: expected path=value, found no '='\n"
            "--set workers=none: 'workers': expected a whole number from 1 to 256, found 'none'\n");
}

}  // namespace
}  // namespace sitrep
