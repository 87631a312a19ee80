// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads all partitions of some topics from their beginning or end, for commands that look at what
// is there (tail, demo). Commits nothing. Used only by its caller.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

class TopicReader {
 public:
  struct Options {
    /// A name that no other reader has.
    std::string group;
    std::vector<std::string> topics;
    /// Else only what comes from now on.
    bool from_start = false;
  };
  using Take = std::function<void(const TopicPartition& origin, const RecordView& record)>;

  /// kInvalidConfig when there is no such topic. `log` outlives the reader.
  static Result<std::unique_ptr<TopicReader>> open(Log& log, const Options& options);
  ~TopicReader();

  /// Serves the group for at most `wait`, then gives what is there to `take`, in order within a
  /// partition. Returns how many records that were.
  Result<std::size_t> read(Micros wait, const Take& take);
  /// Whether the partitions are assigned: from now on nothing new is missed.
  bool ready() const { return ready_; }
  /// Whether everything has been read that was there when the partitions were assigned.
  bool caught_up() const;

 private:
  struct Partition {
    TopicPartition origin;
    /// When it was assigned.
    Offset end;
    std::unique_ptr<PartitionReader> reader;
  };

  TopicReader(Log& log, bool from_start) : log_(log), from_start_(from_start) {}
  Result<void> serve(const AssignmentChange& change);

  Log& log_;
  const bool from_start_;
  bool ready_ = false;
  std::unique_ptr<GroupReader> group_;
  std::vector<Partition> partitions_;  // go before the group
  RecordBatch batch_;
};

}  // namespace sitrep
