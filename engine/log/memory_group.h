// SPDX-License-Identifier: Apache-2.0
#pragma once
// The coordinator of one consumer group, as Kafka's is for eager members with static names and
// range assignment: when members come or go, all give back what they hold, then a new generation
// begins. A member that comes back under its name takes the place of the one before, which is
// fenced. Thread-compatible.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/log/log.h"

namespace sitrep {

class MemoryGroup {
 public:
  using MemberId = std::uint64_t;

  /// What a member hears when it asks.
  struct Word {
    enum class Kind { kNothing, kGiveBack, kTake, kLost, kFenced };
    Kind kind = Kind::kNothing;
    std::vector<TopicPartition> partitions = {};
  };

  MemberId join(const std::string& instance, std::vector<std::string> topics);
  void leave(MemberId member);
  /// The member's session is over.
  void expire(const std::string& instance);
  Word ask(MemberId member, const std::map<std::string, std::int32_t>& partition_counts);
  /// The member holds nothing any more.
  void gave_back(MemberId member);
  /// Whether a commit of this member and generation is taken. As at Kafka's coordinator, who says
  /// no member at all is not checked; nor does it matter who owns the partitions.
  bool may_commit(const Generation& generation) const;
  Generation generation_of(MemberId member) const;
  std::vector<std::string> instances() const;
  Generation generation_of_instance(const std::string& instance) const;

 private:
  struct Member {
    std::string instance;
    std::vector<std::string> topics;
    /// Of the current generation; nothing while it has given back.
    std::optional<std::vector<TopicPartition>> holds;
    bool told = false;  // has heard of what it holds
    bool told_to_give_back = false;
  };
  /// Of members that were thrown out: what they still think they hold.
  struct Outcast {
    std::string instance;
    std::vector<std::string> topics;
    std::vector<TopicPartition> held;
    bool fenced = false;
  };

  void begin_generation(const std::map<std::string, std::int32_t>& partition_counts);

  std::map<MemberId, Member> members_;
  std::map<MemberId, Outcast> outcasts_;
  MemberId next_member_ = 1;
  std::int64_t generation_ = 0;
  bool rebalancing_ = false;
};

}  // namespace sitrep
