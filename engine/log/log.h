// SPDX-License-Identifier: Apache-2.0
#pragma once
// Partitioned logs are the engine's only outside world: Kafka, directories of files, and memory
// implement this contract. A Log opens three things: a GroupReader (which partitions are mine, and
// their records), a LogWriter (outputs of epochs, made visible at commit), and answers about
// topics. Errors: kUnavailable when the log cannot be reached (retriable), kInvalidConfig when what
// was asked for can never be (unknown topic, bad option), kCorrupt when the log's own bytes are
// damaged. Each class names the thread that may use it.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/log/record.h"

namespace sitrep {

/// Reads one partition from a position on. Used only by its worker.
class PartitionReader {
 public:
  virtual ~PartitionReader() = default;
  /// Appends up to `records_max` records that are there now to `out`; never waits. None is not an
  /// error. Not calling it is the back-pressure: nothing is ever paused.
  virtual Result<void> read(std::size_t records_max, RecordBatch& out) = 0;
  /// Next offset to be read, past records that are invisible (aborted, control).
  virtual Offset position() const = 0;
  /// Offset after the last readable record as last heard of (no request is made): lag = end -
  /// position. Nothing when not heard of yet.
  virtual std::optional<Offset> known_end() const = 0;
};

/// Where a partition is to be read from.
struct StartPosition {
  TopicPartition partition;
  Offset offset;
};

/// A membership as it stood when an assignment was given; a commit is fenced by it. The bytes are
/// the log's own; empty where a log has no generations.
struct Generation {
  std::string bytes;

  friend bool operator==(const Generation&, const Generation&) = default;
};

/// The assignment of this member changed. Partitions are those added or taken away.
struct AssignmentChange {
  enum class Kind {
    kAssigned,  ///< Answer with GroupReader::assign, now or after a restore.
    kRevoked,   ///< Finish the open epoch, then GroupReader::unassign.
    kLost,      ///< They are someone else's already: drop the open epoch, then unassign.
  };
  Kind kind;
  std::vector<TopicPartition> partitions;
  /// With kAssigned: what epochs computed under this assignment are committed with.
  Generation generation = {};
};

/// What a group knows of a partition.
struct CommittedOffset {
  Offset next;
  /// As it was committed (CommittedPosition::metadata).
  std::string metadata = {};

  friend bool operator==(const CommittedOffset&, const CommittedOffset&) = default;
};

/// First and next offset of a partition, visible records only.
struct OffsetRange {
  Offset begin;
  Offset end;
};

/// Membership in a consumer group, and the readers of the assigned partitions. Used only by the
/// control thread, while no worker is inside one of its readers (they are parked for a change).
class GroupReader {
 public:
  virtual ~GroupReader() = default;
  /// Serves the group for at most `wait`; returns a change when there is one. Must be called often
  /// (within the log's poll interval), also while nothing changes.
  virtual Result<std::optional<AssignmentChange>> poll(Micros wait) = 0;
  /// What is committed for each partition in the group; nothing where nothing is. Retriable while
  /// a transaction that commits offsets of one of them is open: its outcome is awaited.
  virtual Result<std::vector<std::optional<CommittedOffset>>> committed(
      std::span<const TopicPartition> partitions) = 0;
  /// Begins to read these partitions; one reader each, in order. A reader lives until unassign(),
  /// or until the same partitions are assigned anew to be read from elsewhere: that changes nothing
  /// about who owns them.
  virtual Result<std::vector<std::unique_ptr<PartitionReader>>> assign(
      std::span<const StartPosition> starts) = 0;
  /// Gives every partition back; all readers must be destroyed before.
  virtual Result<void> unassign() = 0;
  /// Leaves the group for good, so that others take over at once.
  virtual Result<void> leave() = 0;
};

/// One input position of an epoch.
struct CommittedPosition {
  TopicPartition partition;
  Offset next;
  /// Opaque ASCII kept beside the offset, below 4096 bytes.
  std::string metadata;
};

/// Writes epochs: begin, append …, commit. One epoch at a time. What was written exactly once
/// becomes visible with the commit, as one. An Error of begin, append or commit fails the epoch,
/// its outcome may be unknown: call abort() until it succeeds before the next begin(). Used only by
/// the committer.
class LogWriter {
 public:
  virtual ~LogWriter() = default;
  /// Numbers a topic for OutputRecord::topic; fails when it does not exist.
  virtual Result<TopicId> open_topic(const std::string& topic) = 0;
  virtual Result<void> begin() = 0;
  /// Hands the records over; they may be buffered. May be called several times per epoch.
  virtual Result<void> append(const OutputBatch& batch) = 0;
  /// As append, but returns when all of them are stored, with the offset of each, in order.
  virtual Result<std::vector<Offset>> append_located(const OutputBatch& batch);
  /// Returns when every record of the epoch is durable and visible, and the positions are
  /// committed under `generation`.
  virtual Result<void> commit(std::span<const CommittedPosition> positions,
                              const Generation& generation) = 0;
  /// Gives the open epoch up and settles what is known of it: afterwards GroupReader::committed()
  /// says whether it had been committed. Retriable: call again. Not retriable: another process
  /// writes as this instance. At least once: records already handed over may become visible.
  virtual Result<void> abort() = 0;
};

struct TopicOptions {
  std::int32_t partitions = 1;
  /// Settings by their Kafka names ("retention.ms"); logs without such settings ignore them.
  std::map<std::string, std::string> settings;
};

/// A process that the group counts as alive: it is, or its session is not over yet.
struct GroupMember {
  /// As in GroupOptions; of a stranger that named none, what the log calls it.
  std::string instance;
  /// Where it speaks from, as the log knows it; may be empty.
  std::string host = {};

  friend bool operator==(const GroupMember&, const GroupMember&) = default;
};

struct GroupOptions {
  std::string group;
  /// Stable name of this process in the group.
  std::string instance;
  std::vector<std::string> topics;
  /// Topics whose records come with their headers. Those of others come without, because even to
  /// see that a record has none costs a log's reader.
  std::set<std::string> header_topics = {};
};

/// Where outputs of an epoch go and which group its positions belong to.
struct WriterOptions {
  std::string group;
  std::string instance;
  /// Exactly once: an epoch becomes visible as a whole, or not at all.
  bool transactional = false;
};

/// Thread-safe. Where a function has a default, it is that of a log that keeps no state.
class Log {
 public:
  virtual ~Log() = default;
  /// Number of partitions; nothing when there is no such topic.
  virtual Result<std::optional<std::int32_t>> partition_count(const std::string& topic) = 0;
  virtual Result<void> create_topic(const std::string& topic, const TopicOptions& options) = 0;
  virtual Result<OffsetRange> offset_range(const TopicPartition& partition) = 0;
  /// Offset after the last record, also of one that nobody can read yet because its transaction is
  /// not decided, or was decided a moment ago. The control thread's.
  virtual Result<Offset> written_end(const TopicPartition& partition);
  /// The settings of a topic by their Kafka names; empty for logs without such settings.
  virtual Result<std::map<std::string, std::string>> topic_settings(const std::string& topic);
  /// Reads one partition outside any group, from `start` on, committed records only. The reader may
  /// be used by any one thread.
  virtual Result<std::unique_ptr<PartitionReader>> open_reader(const StartPosition& start);
  /// Forgets the records before `before`; they may stay for a while.
  virtual Result<void> trim(const TopicPartition& partition, Offset before);
  /// Whether positions are kept with their metadata and topics of our own can be written and read
  /// back: then state lives in the log. If not, only in the local image (decision 0004).
  virtual bool keeps_state() const { return false; }
  /// Whether a record's value may hold any bytes; if not, only a text of one line.
  virtual bool keeps_bytes() const { return true; }
  /// Names the log for as long as it exists; another one has another name.
  virtual Result<std::string> identity();
  /// The members of a group, without joining it; none where a log has no groups.
  virtual Result<std::vector<GroupMember>> members(const std::string& group);
  virtual Result<std::unique_ptr<GroupReader>> join(const GroupOptions& options) = 0;
  virtual Result<std::unique_ptr<LogWriter>> open_writer(const WriterOptions& options) = 0;
  /// For messages: "Kafka at localhost:9092", "directory /data".
  virtual std::string description() const = 0;
};

}  // namespace sitrep
