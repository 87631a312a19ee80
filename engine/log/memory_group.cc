// SPDX-License-Identifier: Apache-2.0
#include "engine/log/memory_group.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/text.h"

namespace sitrep {

MemoryGroup::MemberId MemoryGroup::join(const std::string& instance,
                                        std::vector<std::string> topics) {
  const MemberId id = next_member_++;
  const auto before = std::ranges::find_if(
      members_, [&](const auto& member) { return member.second.instance == instance; });
  if (before != members_.end()) {
    // The same place, the same partitions, another member.
    Member member = before->second;
    outcasts_[before->first] = {.instance = instance,
                                .topics = member.topics,
                                .held = member.holds.value_or(std::vector<TopicPartition>()),
                                .fenced = true};
    members_.erase(before);
    member.topics = std::move(topics);
    member.told = false;
    member.told_to_give_back = false;
    // A new process holds nothing that it could give back.
    if (rebalancing_) member.holds.reset();
    members_[id] = std::move(member);
    return id;
  }
  members_[id] = {.instance = instance, .topics = std::move(topics), .holds = std::nullopt};
  rebalancing_ = true;
  return id;
}

void MemoryGroup::leave(MemberId member) {
  outcasts_.erase(member);
  if (members_.erase(member) > 0) rebalancing_ = true;
}

void MemoryGroup::expire(const std::string& instance) {
  const auto found = std::ranges::find_if(
      members_, [&](const auto& member) { return member.second.instance == instance; });
  if (found == members_.end()) return;
  outcasts_[found->first] = {.instance = instance,
                             .topics = found->second.topics,
                             .held = found->second.holds.value_or(std::vector<TopicPartition>())};
  members_.erase(found);
  rebalancing_ = true;
}

MemoryGroup::Word MemoryGroup::ask(MemberId id,
                                   const std::map<std::string, std::int32_t>& partition_counts) {
  if (const auto outcast = outcasts_.find(id); outcast != outcasts_.end()) {
    if (outcast->second.fenced) return {.kind = Word::Kind::kFenced};
    return {.kind = Word::Kind::kLost, .partitions = outcast->second.held};
  }
  const auto found = members_.find(id);
  if (found == members_.end()) return {};
  Member& member = found->second;
  if (rebalancing_) {
    // What it was never told of it does not hold.
    if (member.holds && !member.told) member.holds.reset();
    if (member.holds) {
      if (member.told_to_give_back) return {};
      member.told_to_give_back = true;
      return {.kind = Word::Kind::kGiveBack, .partitions = *member.holds};
    }
    const bool all_gave_back = std::ranges::none_of(
        members_, [](const auto& one) { return one.second.holds.has_value(); });
    if (!all_gave_back) return {};
    begin_generation(partition_counts);
  }
  if (!member.holds || member.told) return {};
  member.told = true;
  return {.kind = Word::Kind::kTake, .partitions = *member.holds};
}

void MemoryGroup::gave_back(MemberId id) {
  if (const auto outcast = outcasts_.find(id); outcast != outcasts_.end()) {
    if (outcast->second.fenced) return;
    // It joins again, as a new member.
    Outcast back = std::move(outcast->second);
    outcasts_.erase(outcast);
    const bool taken = std::ranges::any_of(
        members_, [&](const auto& member) { return member.second.instance == back.instance; });
    if (taken) {
      outcasts_[id] = {.instance = back.instance, .topics = {}, .held = {}, .fenced = true};
      return;
    }
    members_[id] = {
        .instance = back.instance, .topics = std::move(back.topics), .holds = std::nullopt};
    rebalancing_ = true;
    return;
  }
  const auto found = members_.find(id);
  if (found == members_.end() || !rebalancing_) return;
  found->second.holds.reset();
}

std::vector<std::string> MemoryGroup::instances() const {
  std::vector<std::string> out;
  for (const auto& [id, member] : members_) out.push_back(member.instance);
  return out;
}

void MemoryGroup::begin_generation(const std::map<std::string, std::int32_t>& partition_counts) {
  ++generation_;
  rebalancing_ = false;
  std::vector<Member*> ordered;
  std::set<std::string> topics;
  for (auto& [id, member] : members_) {
    ordered.push_back(&member);
    topics.insert(member.topics.begin(), member.topics.end());
    member.holds = std::vector<TopicPartition>();
    member.told = false;
    member.told_to_give_back = false;
  }
  std::ranges::sort(ordered, {}, &Member::instance);
  for (const std::string& topic : topics) {
    const auto count = partition_counts.find(topic);
    if (count == partition_counts.end()) continue;
    const auto members = static_cast<std::int32_t>(ordered.size());
    const std::int32_t each = count->second / members;
    const std::int32_t extra = count->second % members;
    std::int32_t next = 0;
    for (std::int32_t m = 0; m < members; ++m) {
      for (std::int32_t n = 0; n < each + (m < extra ? 1 : 0); ++n) {
        ordered[static_cast<std::size_t>(m)]->holds->push_back({topic, PartitionId(next++)});
      }
    }
  }
}

Generation MemoryGroup::generation_of(MemberId member) const {
  return {concat(generation_, ":", member)};
}

Generation MemoryGroup::generation_of_instance(const std::string& instance) const {
  for (const auto& [id, member] : members_) {
    if (member.instance == instance) return generation_of(id);
  }
  return {};
}

bool MemoryGroup::may_commit(const Generation& generation) const {
  if (generation.bytes.empty()) return true;
  return std::ranges::any_of(
      members_, [&](const auto& member) { return generation_of(member.first) == generation; });
}

}  // namespace sitrep
