// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Log in memory, for tests, simulation and benchmarks. Behaves like Kafka where it matters:
// records of an open epoch are invisible until commit, offsets may have gaps, a group's committed
// offsets outlive its members. Faults are injected by hand (fail_next_commits, and whether the
// failed commit had taken effect). One process, one thread at a time: stepped tests.
// Thread-compatible.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/log/log.h"

namespace sitrep {

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

  /// Appends one record as a producer outside would; makes nothing visible to open epochs.
  Offset append(const TopicPartition& partition, StoredRecord record);
  /// Leaves a hole of `count` offsets, as aborted transactions and markers do.
  void skip_offsets(const TopicPartition& partition, std::int64_t count);
  /// Every visible record of the partition, in order.
  const std::vector<StoredRecord>& records(const TopicPartition& partition) const;
  /// Topics that exist, with their number of partitions.
  const std::map<std::string, std::int32_t>& topics() const { return topics_; }
  void fail_next_commits(std::size_t count, FailedCommit outcome);

  Result<std::optional<std::int32_t>> partition_count(const std::string& topic) override;
  Result<void> create_topic(const std::string& topic, const TopicOptions& options) override;
  Result<OffsetRange> offset_range(const TopicPartition& partition) override;
  Result<std::map<std::string, std::string>> topic_settings(const std::string& topic) override;
  Result<std::unique_ptr<PartitionReader>> open_reader(const StartPosition& start) override;
  Result<void> trim(const TopicPartition& partition, Offset before) override;
  bool keeps_state() const override { return true; }
  Result<std::string> identity() override { return std::string("memory"); }
  Result<std::unique_ptr<GroupReader>> join(const GroupOptions& options) override;
  Result<std::unique_ptr<LogWriter>> open_writer(const WriterOptions& options) override;
  std::string description() const override { return "memory"; }

 private:
  struct Partition {
    std::vector<StoredRecord> records;
    Offset begin{0};
    Offset end{0};
  };
  class Reader;
  class Group;
  class Writer;

  const Clock& clock_;
  std::map<std::string, std::int32_t> topics_;
  std::map<std::string, std::map<std::string, std::string>> settings_;
  std::map<TopicPartition, Partition> partitions_;
  std::map<std::string, std::map<TopicPartition, CommittedOffset>> committed_;
  std::size_t failing_commits_ = 0;
  FailedCommit failed_commit_ = FailedCommit::kHadNoEffect;
};

}  // namespace sitrep
