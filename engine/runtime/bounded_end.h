// SPDX-License-Identifier: Apache-2.0
#pragma once
// When a bounded run is over for the whole group: an instance that has read its own partitions to
// their ends stays until the others' are read too, because the partitions of one that dies
// meanwhile (or was dead when the run began) come to it. Used only by the control thread.

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/log/log.h"

namespace sitrep {

class BoundedEnd {
 public:
  /// Notes where these topics end now; an Error when the log cannot say. All references outlive it.
  static Result<std::unique_ptr<BoundedEnd>> make(std::span<const std::string> topics, Log& log,
                                                  GroupReader& group, const Clock& clock);

  /// Whether each partition that is not `owned` is committed as read to its end, and by no bounded
  /// run that still has work there. Asks the log twice a second at most, says no in between, and
  /// says in the log what it waits for.
  bool others_are_done(std::span<const TopicPartition> owned);

 private:
  BoundedEnd(GroupReader& group, const Clock& clock) : group_(group), clock_(clock) {}

  GroupReader& group_;
  const Clock& clock_;
  std::map<TopicPartition, Offset> ends_;
  Micros asked_ = 0;
  Micros said_ = 0;
};

}  // namespace sitrep
