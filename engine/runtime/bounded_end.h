// SPDX-License-Identifier: Apache-2.0
#pragma once
// When a bounded run is over for the whole group. Topics from outside end where they ended when the
// run began. What tasks send each other ends when all tasks that send it are done: level by level
// of the topology. And an instance that has read its own partitions to their ends stays until the
// others' are read too, because the partitions of one that dies meanwhile (or was dead when the run
// began) come to it. Used only by the control thread.

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/log/log.h"
#include "engine/runtime/topology.h"

namespace sitrep {

class BoundedEnd {
 public:
  /// Notes where the topics from outside end now; an Error when the log cannot say. All references
  /// outlive it.
  static Result<std::unique_ptr<BoundedEnd>> make(const Topology& topology, Log& log,
                                                  GroupReader& group, const Clock& clock);

  /// Stages of this level are being brought to their end.
  std::size_t level() const { return level_; }
  /// Where partitions end that were written by stages of levels that are done.
  const std::map<TopicPartition, Offset>& ends() const { return inner_ends_; }
  /// Whether each partition of this level that is not `owned` is committed as read to its end, and
  /// by no bounded run that still has work there. Asks the log twice a second at most, says no in
  /// between, and says in the log what it waits for.
  bool others_are_done(std::span<const TopicPartition> owned);
  /// This level is done, by everyone, and durable. False when it was the last one.
  Result<bool> begin_next_level();

 private:
  BoundedEnd(const Topology& topology, Log& log, GroupReader& group, const Clock& clock)
      : topology_(topology), log_(log), group_(group), clock_(clock) {}

  /// Topics that stages of the level read.
  std::vector<std::string> topics_of_level() const;

  const Topology& topology_;
  Log& log_;
  GroupReader& group_;
  const Clock& clock_;
  std::size_t level_ = 0;
  std::map<TopicPartition, Offset> level_ends_;
  std::map<TopicPartition, Offset> inner_ends_;
  Micros asked_ = 0;
  Micros said_ = 0;
};

}  // namespace sitrep
