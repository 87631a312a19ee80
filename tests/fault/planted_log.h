// SPDX-License-Identifier: Apache-2.0
#pragma once
// A memory log seen through a planted bug. Thread-compatible.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/log/memory_log.h"
#include "engine/state/commit_metadata.h"
#include "engine/state/state_record.h"
#include "tests/fault/simulation.h"

namespace sitrep {

class PlantedLog final : public Log {
 public:
  /// `between` is called between two steps that a crash may separate. `log` outlives this.
  PlantedLog(MemoryLog& log, PlantedBug bug, std::function<void()> between)
      : log_(log), bug_(bug), between_(std::move(between)) {}

  Result<std::optional<std::int32_t>> partition_count(const std::string& topic) override {
    return log_.partition_count(topic);
  }
  Result<void> create_topic(const std::string& topic, const TopicOptions& options) override {
    return log_.create_topic(topic, options);
  }
  Result<OffsetRange> offset_range(const TopicPartition& partition) override {
    return log_.offset_range(partition);
  }
  Result<Offset> written_end(const TopicPartition& partition) override {
    return log_.written_end(partition);
  }
  Result<std::map<std::string, std::string>> topic_settings(const std::string& topic) override {
    return log_.topic_settings(topic);
  }
  Result<std::unique_ptr<PartitionReader>> open_reader(const StartPosition& start) override {
    return log_.open_reader(start);
  }
  Result<void> trim(const TopicPartition& partition, Offset before) override;
  bool keeps_state() const override { return true; }
  Result<std::string> identity() override { return log_.identity(); }
  Result<std::unique_ptr<GroupReader>> join(const GroupOptions& options) override;
  Result<std::unique_ptr<LogWriter>> open_writer(const WriterOptions& options) override;
  std::string description() const override { return "memory"; }

 private:
  class Group;
  class Writer;

  MemoryLog& log_;
  const PlantedBug bug_;
  const std::function<void()> between_;
};

}  // namespace sitrep
