// SPDX-License-Identifier: Apache-2.0
#pragma once
// The alerts that are up, made from all records of a topic. Records may come twice, and an older
// one after a newer: the revision decides. Memory holds what is up, and the ids of the kClearedMax
// alerts that ended last, so that an old record of one of them does not raise it again. Used only
// by its caller.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/topic_alert.h"

namespace sitrep {

class OpenAlerts {
 public:
  /// About 10 MB. Records of a key lie in one partition, in order, unless the topic got more
  /// partitions; then partitions are read side by side, some hundred records from each.
  static constexpr std::size_t kClearedMax = 65'536;

  void take(TopicAlert alert);
  /// The most severe first; of those the oldest.
  std::vector<TopicAlert> list() const;

 private:
  void note_cleared(const TopicAlert& alert);

  std::unordered_map<std::string, TopicAlert> up_;
  /// Last revision by id, and the ids in the order in which they came.
  std::unordered_map<std::string, std::int64_t> cleared_;
  std::deque<std::string> cleared_order_;
};

}  // namespace sitrep
