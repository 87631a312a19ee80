// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Log in memory, for tests, simulation and benchmarks, that behaves like Kafka where exactly once
// hangs on it: records of an undecided transaction take offsets and hide themselves and what comes
// behind them (the last stable offset); aborted ones are skipped; a decided commit answers before
// its markers are written; offsets of an undecided transaction are unstable; a second writer of the
// same name fences the first; and a group checks a commit's member and generation, never who owns
// the partitions. A writer without transactions shows records at its commit, and state records at
// once.
//
// Faults come from MemoryLogFaults, or by hand (fail_next_commits). One process, one thread at a
// time: stepped tests. Thread-compatible.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/log/log.h"
#include "engine/log/memory_group.h"

namespace sitrep {

/// Asked at each point whether the fault happens there. Default: none does.
class MemoryLogFaults {
 public:
  enum class Point {
    kAppend,            ///< The records do not arrive; the epoch must be aborted.
    kCommitUndecided,   ///< Nothing was decided; the epoch must be aborted.
    kCommitAnswerLost,  ///< It is committed, and the writer is told otherwise.
    kAbort,             ///< For now; the transaction stays open.
    kMarkersLate,       ///< The markers of this commit wait for settle_markers() or the next epoch.
    kCommittedOffsets,  ///< Cannot be asked for now.
    kReaderNotOpened,   ///< A reader outside groups, for now.
    kNothingRead,       ///< A read that yields nothing although there is something.
    kReadRefused,       ///< A reader outside groups is told of what another one lacked, and ends.
  };
  virtual ~MemoryLogFaults() = default;
  virtual bool happens(Point) { return false; }
};

class MemoryLog final : public Log {
 public:
  struct StoredHeader {
    std::string name;
    std::optional<std::string> value;
    friend bool operator==(const StoredHeader&, const StoredHeader&) = default;
  };
  struct StoredRecord {
    Offset offset;
    std::optional<Micros> timestamp;
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<StoredHeader> headers;
  };
  /// What a commit that was told to fail had done before its answer was lost.
  enum class FailedCommit { kHadNoEffect, kHadCommitted };

  /// Timestamps of written records come from `clock`, which outlives the log.
  explicit MemoryLog(const Clock& clock) : clock_(clock) {}

  /// Appends one record as a producer outside would.
  Offset append(const TopicPartition& partition, StoredRecord record);
  /// Leaves a hole of `count` offsets, as aborted transactions and markers do.
  void skip_offsets(const TopicPartition& partition, std::int64_t count);
  /// Every record of the partition that a read_committed reader can see, in order.
  const std::vector<StoredRecord>& records(const TopicPartition& partition) const;
  /// Topics that exist, with their number of partitions.
  const std::map<std::string, std::int32_t>& topics() const { return topics_; }

  /// More partitions for a topic, `count` in all.
  void add_partitions(const std::string& topic, std::int32_t count) { topics_[topic] = count; }

  void fail_next_commits(std::size_t count, FailedCommit outcome);
  /// `faults` outlives the log; null: none.
  void set_faults(MemoryLogFaults* faults) { faults_ = faults; }
  /// Writes the markers of every decided transaction.
  void settle_markers();
  /// The session of a group's member is over: its partitions go to the others.
  void expire_member(const std::string& group, const std::string& instance);
  /// Ends the transaction that a writer left open, as the broker does after transaction.timeout.ms.
  void time_out_transaction(const std::string& group, const std::string& instance);
  /// What a member of this name would be told of its membership now; empty when it is in none.
  Generation current_generation(const std::string& group, const std::string& instance) const;
  /// Another log from here on, for tests of what that breaks.
  void set_identity(std::string identity) { identity_ = std::move(identity); }

  Result<std::optional<std::int32_t>> partition_count(const std::string& topic) override;
  Result<void> create_topic(const std::string& topic, const TopicOptions& options) override;
  Result<OffsetRange> offset_range(const TopicPartition& partition) override;
  Result<Offset> written_end(const TopicPartition& partition) override;
  Result<std::map<std::string, std::string>> topic_settings(const std::string& topic) override;
  Result<std::unique_ptr<PartitionReader>> open_reader(const StartPosition& start) override;
  Result<void> trim(const TopicPartition& partition, Offset before) override;
  bool keeps_state() const override { return true; }
  Result<std::string> identity() override { return identity_; }
  Result<std::vector<GroupMember>> members(const std::string& group) override;
  Result<std::unique_ptr<GroupReader>> join(const GroupOptions& options) override;
  Result<std::unique_ptr<LogWriter>> open_writer(const WriterOptions& options) override;
  std::string description() const override { return "memory"; }

 private:
  using TransactionId = std::uint64_t;
  struct Partition {
    std::vector<StoredRecord> records;
    /// Of the transactional ones among them, by offset.
    std::map<Offset, TransactionId> transactions;
    /// Those before this offset are decided, and stay so.
    mutable Offset decided_before{0};
    Offset begin{0};
    Offset end{0};
    mutable std::vector<StoredRecord> visible;
    mutable bool visible_is_old = false;
  };
  struct Transaction {
    enum class State { kOpen, kCommitted, kAborted };
    State state = State::kOpen;
    bool markers_written = false;
    std::set<TopicPartition> touched;
    std::string group;
    std::vector<CommittedPosition> positions;
  };
  /// What the log knows of a transactional writer.
  struct Producer {
    std::uint64_t epoch = 0;
    std::optional<TransactionId> current;
  };
  class Reader;
  class Group;
  class Writer;
  class TransactionalWriter;

  bool fault(MemoryLogFaults::Point point) { return faults_ != nullptr && faults_->happens(point); }
  Result<TopicId> number_topic(const std::string& topic, std::vector<std::string>& numbered) const;
  TopicPartition choose_partition(const OutputRecord& record,
                                  const std::vector<std::string>& topics) const;
  StoredRecord stored(const OutputRecord& record) const;
  bool is_undecided(TransactionId transaction) const;
  Offset last_stable(const Partition& partition) const;
  bool is_visible(const Partition& partition, Offset offset) const;
  void decide(TransactionId transaction, Transaction::State state);
  void write_markers(TransactionId transaction);
  bool has_unstable_offset(const std::string& group, const TopicPartition& partition) const;

  const Clock& clock_;
  std::string identity_ = "memory";
  std::map<std::string, std::int32_t> topics_;
  std::map<std::string, std::map<std::string, std::string>> settings_;
  std::map<TopicPartition, Partition> partitions_;
  std::map<std::string, std::map<TopicPartition, CommittedOffset>> committed_;
  std::map<std::string, MemoryGroup> groups_;
  std::map<TransactionId, Transaction> transactions_;
  std::map<std::string, Producer> producers_;
  std::size_t failing_commits_ = 0;
  FailedCommit failed_commit_ = FailedCommit::kHadNoEffect;
  MemoryLogFaults* faults_ = nullptr;
};

}  // namespace sitrep
