// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/bounded_end.h"

#include <algorithm>

#include "engine/base/logging.h"
#include "engine/base/text.h"
#include "engine/state/commit_metadata.h"

namespace sitrep {
namespace {

constexpr Micros kAskEvery = kMicrosPerSecond / 2;
constexpr Micros kSayEvery = 5 * kMicrosPerSecond;

bool has_work_left(const std::optional<CommittedOffset>& committed, Offset end) {
  if (!committed) return end > Offset(0);
  if (committed->next < end) return true;
  // A bounded run keeps its end beside the offset until it has closed the last window.
  if (committed->metadata.empty()) return false;
  const auto metadata = decode_commit_metadata(committed->metadata);
  return metadata && metadata->end;
}

}  // namespace

std::vector<std::string> BoundedEnd::topics_of_level() const {
  std::vector<std::string> out;
  for (const Stage& stage : topology_.stages) {
    if (stage.level != level_) continue;
    for (const SourceNode& source : stage.sources) {
      out.insert(out.end(), source.topics.begin(), source.topics.end());
    }
  }
  return out;
}

Result<std::unique_ptr<BoundedEnd>> BoundedEnd::make(const Topology& topology, Log& log,
                                                     GroupReader& group, const Clock& clock) {
  std::unique_ptr<BoundedEnd> out(new BoundedEnd(topology, log, group, clock));
  for (const std::string& topic : out->topics_of_level()) {
    ASSIGN_OR_RETURN(const std::optional<std::int32_t> count, log.partition_count(topic));
    for (std::int32_t i = 0; i < count.value_or(0); ++i) {
      const TopicPartition partition{topic, PartitionId(i)};
      ASSIGN_OR_RETURN(const OffsetRange range, log.offset_range(partition));
      // One without records has nothing that anyone could commit.
      if (range.begin < range.end) out->level_ends_.emplace(partition, range.end);
    }
  }
  return out;
}

Result<bool> BoundedEnd::begin_next_level() {
  ++level_;
  const std::vector<std::string> topics = topics_of_level();
  if (topics.empty()) return false;
  level_ends_.clear();
  asked_ = 0;
  for (const std::string& topic : topics) {
    ASSIGN_OR_RETURN(const std::optional<std::int32_t> count, log_.partition_count(topic));
    for (std::int32_t i = 0; i < count.value_or(0); ++i) {
      const TopicPartition partition{topic, PartitionId(i)};
      // Commits are answered before readers can see what they hold; the end lies behind it.
      ASSIGN_OR_RETURN(const Offset end, log_.written_end(partition));
      level_ends_.emplace(partition, end);
      inner_ends_.emplace(partition, end);
    }
  }
  return true;
}

bool BoundedEnd::others_are_done(std::span<const TopicPartition> owned) {
  std::vector<TopicPartition> others;
  for (const auto& [partition, end] : level_ends_) {
    if (std::ranges::find(owned, partition) == owned.end()) others.push_back(partition);
  }
  if (others.empty()) return true;
  const Micros now = clock_.monotonic();
  if (asked_ != 0 && now - asked_ < kAskEvery) return false;
  asked_ = now;
  const auto committed = group_.committed(others);
  if (!committed) {
    log_debug(committed.error().message(), "; asking again");
    return false;
  }
  for (std::size_t i = 0; i < others.size(); ++i) {
    const Offset end = level_ends_.at(others[i]);
    if (!has_work_left((*committed)[i], end)) continue;
    if (said_ == 0 || now - said_ >= kSayEvery) {
      said_ = now;
      log_info("waiting for another instance to read ", others[i].topic, "[", others[i].partition,
               "] to ", end);
    }
    return false;
  }
  return true;
}

}  // namespace sitrep
