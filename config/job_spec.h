// SPDX-License-Identifier: Apache-2.0
#pragma once
// The job file as plain data: everything that may stand in it, with defaults filled in, and the
// place of each thing for later errors. Nothing here is checked against anything else (whether a
// stream's source exists is plan_job's business). docs/job-file.md describes every key.
// Thread-compatible.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/placed_text.h"
#include "engine/base/ids.h"
#include "engine/log/format.h"

namespace sitrep {

enum class Delivery { kAtLeastOnce, kExactlyOnce };

/// What an epoch costs and guarantees when the job file does not say.
inline constexpr Delivery kDefaultDelivery = Delivery::kExactlyOnce;
/// Directories of files know no transactions.
inline constexpr Delivery kDefaultDeliveryOfFiles = Delivery::kAtLeastOnce;
inline constexpr std::size_t kDefaultMemoryBytes = 256U << 20U;
inline constexpr Micros kDefaultCommitInterval = 100 * kMicrosPerMilli;
inline constexpr Micros kDefaultFlushInterval = 3 * kMicrosPerSecond;
inline constexpr std::size_t kDefaultSnapshotAfter = std::size_t{64} << 20U;
inline constexpr Micros kDefaultOutOfOrderness = 5 * kMicrosPerSecond;
inline constexpr Micros kDefaultIdleAfter = 30 * kMicrosPerSecond;
inline constexpr Micros kDefaultHistory = 3600 * kMicrosPerSecond;
inline constexpr Micros kDefaultMaxFutureSkew = 300 * kMicrosPerSecond;
inline constexpr std::string_view kDefaultMetricsListen = "127.0.0.1:9464";

/// `kafka:` — the log is a Kafka cluster.
struct KafkaSpec {
  SourcePlace place;
  PlacedText brokers;
  /// As they stand in the file; see read_kafka_properties.
  std::map<std::string, PlacedText> properties;
  /// Of the topics that sitrep makes; absent: the brokers decide.
  std::optional<int> replication = {};
};

/// `files:` — the log is a directory; each topic is a directory in it.
struct FilesSpec {
  SourcePlace place;
  PlacedText directory;
};

/// A column of a source, as declared.
struct ColumnDeclaration {
  SourcePlace place;
  ColumnSpec spec;
  /// `unit:` of a column that is no timestamp ("km/h"), for people.
  std::string unit;
};

/// `time:` of a source.
struct TimeSpec {
  SourcePlace place;
  /// A timestamp column; `_timestamp` (the message's own) when the job file names none.
  PlacedText column;
  Micros out_of_orderness = kDefaultOutOfOrderness;
  /// Column whose values have a clock each; absent: one clock per partition.
  std::optional<PlacedText> clock_per;
  /// Absent: `never`.
  std::optional<Micros> idle_after = kDefaultIdleAfter;
  /// Absent: off.
  std::optional<Micros> idle_close;
  Micros max_future_skew = kDefaultMaxFutureSkew;
  /// Absent: clocks are kept for ever.
  std::optional<Micros> clock_expire;
};

/// Where to read when the group has no committed offset.
enum class StartPolicy { kEarliest, kLatest, kFail };
/// What to do when the committed offset has been deleted from the topic.
enum class GapPolicy { kFail, kSkip };

struct SourceSpec {
  PlacedText name;
  std::vector<PlacedText> topics;
  std::vector<ColumnDeclaration> columns;
  /// Absent: not declared. Empty: declared as `[]`, each partition stands for itself.
  std::optional<std::vector<PlacedText>> partitioned_by;
  TimeSpec time;
  StartPolicy start = StartPolicy::kEarliest;
  GapPolicy on_gap = GapPolicy::kFail;
};

/// A table: a compacted topic whose rows a stream is joined with.
struct TableSpec {
  /// Its name, its one topic, its columns and event time. Its clock is never idle by default.
  SourceSpec source;
  /// Columns that make the message key.
  std::vector<PlacedText> key;
  /// How far behind the table's watermark rows of a stream are still answered.
  Micros history = kDefaultHistory;
  /// How long a row of a stream waits for its table row, in event time; 0 with `broadcast`.
  Micros wait = 0;
  /// Held whole by every instance, instead of by partition.
  bool broadcast = false;
  /// Read from this file of JSON lines instead of a topic; broadcast then.
  std::optional<PlacedText> file = {};
};

/// How rows are written: as their columns, or, if they are those of an alert, as its record.
enum class SinkFormat { kJson, kAlert, kCap };

/// `cap:` of an output with kCap: what CAP demands and no row says, in the words of CAP.
struct CapSpec {
  /// Without white space, comma, `<` and `&`.
  std::string sender;
  std::string status = "Actual";
  /// Restricted unless somebody says so: an alert of a mission is not for everybody.
  std::string scope = "Restricted";
  /// Empty unless the scope is Restricted.
  std::string restriction = "for operational use only";
  /// Not empty when the scope is Private; separated by spaces, in quotes where they have some.
  std::string addresses;
  std::string category = "Infra";
  std::string language = "en-US";

  friend bool operator==(const CapSpec&, const CapSpec&) = default;
};

/// One `to:`.
struct SinkSpec {
  SourcePlace place;
  PlacedText topic;
  /// Columns that make the message key; none: no key.
  std::vector<PlacedText> key;
  TimestampStyle timestamps = TimestampStyle::kRfc3339;
  /// `create: {partitions: n}`; absent: the topic must exist.
  std::optional<int> create_partitions;
  SinkFormat format = SinkFormat::kJson;
  /// Of kCap alone.
  std::optional<CapSpec> cap;
};

enum class LatePolicy {
  kSide,    ///< To a topic.
  kUpdate,  ///< Corrects the window until W ≥ end + allowed_lateness, then to the topic.
  kDrop,    ///< Counted only.
};

struct LateSpec {
  SourcePlace place;
  /// Whether `late:` was written.
  bool given = false;
  LatePolicy policy = LatePolicy::kSide;
  /// `<job>.late`, made when it does not exist, when the job file names none; empty for kDrop.
  PlacedText topic;
  std::optional<int> create_partitions;
  Micros allowed_lateness = 0;
};

struct StreamSpec {
  PlacedText name;
  PlacedText sql;
  LateSpec late;
  std::vector<SinkSpec> to;
};

enum class AlertSeverity { kInfo, kWarning, kCritical };
enum class AlertOrder { kEvent, kArrival };

/// An alert has either `raise` or `silent_after`.
struct AlertSpec {
  PlacedText name;
  PlacedText from;
  std::vector<PlacedText> key;
  /// Name of a table.
  std::optional<PlacedText> parameters;
  std::optional<PlacedText> raise;
  /// Absent: NOT (raise).
  std::optional<PlacedText> clear;
  Micros hold_for = 0;  ///< `for:`
  Micros clear_for = 0;
  AlertSeverity severity = AlertSeverity::kWarning;
  /// Instead: SQL that says it for each row.
  std::optional<PlacedText> severity_sql;
  /// Messages with `{column}` in them.
  PlacedText text;
  std::optional<PlacedText> advice;
  std::optional<PlacedText> group;
  /// By name.
  std::vector<std::pair<PlacedText, PlacedText>> labels;
  std::optional<Micros> silent_after;
  /// Names of alerts that hold this one back while they are up in its group.
  std::vector<PlacedText> suppressed_by;
  /// One of the group is told, the others are held back.
  bool one_per_group = false;
  std::optional<Micros> renotify_every;
  std::optional<Micros> expire_after;
  AlertOrder order = AlertOrder::kEvent;
  /// Of an alert with `raise` and kEvent only.
  LateSpec late;
  std::vector<SinkSpec> to;
};

/// `flood_control:`
struct FloodSpec {
  SourcePlace place;
  std::size_t more_than = 10;
  std::size_t fewer_than = 5;
  Micros within = 600 * kMicrosPerSecond;
  AlertSeverity severity = AlertSeverity::kWarning;
  /// Name of the table of commands, which stands among the tables; empty: there is none.
  std::string commands;
  std::vector<SinkSpec> to;
};

struct DeadLettersSpec {
  SourcePlace place;
  /// `<job>.dead_letters`, made when it does not exist, when the job file names none.
  PlacedText topic;
  std::optional<int> create_partitions;
};

struct JobSpec {
  /// Name of the job file, for errors.
  std::string file;
  /// The `--set` arguments, for errors at line 0.
  std::vector<std::string> overrides;

  PlacedText job;
  Delivery delivery = kDefaultDelivery;
  std::size_t memory_bytes = kDefaultMemoryBytes;
  Micros commit_interval = kDefaultCommitInterval;
  Micros flush_interval = kDefaultFlushInterval;
  /// Bytes of a partition's deltas in the state log after which its state is written whole.
  std::size_t snapshot_after = kDefaultSnapshotAfter;
  /// Absent: one per two CPUs, at least one.
  std::optional<int> workers;
  /// `./.sitrep/<job>` when the job file names none.
  std::string state_dir;
  /// Absent: a UUID kept in state_dir.
  std::optional<std::string> instance;
  /// Consumer group; the job's name when the job file names none.
  std::string group;

  /// Exactly one of the two is there.
  std::optional<KafkaSpec> kafka;
  std::optional<FilesSpec> files;

  std::vector<SourceSpec> sources;
  std::vector<TableSpec> tables;
  std::vector<StreamSpec> streams;
  std::vector<AlertSpec> alerts;
  std::optional<FloodSpec> flood = {};
  DeadLettersSpec dead_letters;
  /// host:port of the metrics endpoint; absent: `off`.
  std::optional<std::string> metrics_listen;
};

/// json, alert.v1, cap; at_least_once, exactly_once; side, update, drop; info, warning, critical;
/// event, arrival: as the job file writes them.
std::string_view to_string(SinkFormat format);
std::string_view to_string(Delivery delivery);
std::string_view to_string(LatePolicy policy);
std::string_view to_string(AlertSeverity severity);
/// All of them, the mildest first.
std::vector<std::string> severity_names();
std::string_view to_string(AlertOrder order);
std::string_view to_string(StartPolicy start);
std::string_view to_string(GapPolicy policy);

}  // namespace sitrep
