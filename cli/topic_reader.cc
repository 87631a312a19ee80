// SPDX-License-Identifier: Apache-2.0
#include "cli/topic_reader.h"

#include <algorithm>

#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::size_t kRecordsMax = 500;

}  // namespace

Result<std::unique_ptr<TopicReader>> TopicReader::open(Log& log, const Options& options) {
  for (const std::string& topic : options.topics) {
    ASSIGN_OR_RETURN(const auto partitions, log.partition_count(topic));
    if (!partitions) {
      return invalid_config(concat("cannot read topic ", topic, ": ", log.description(),
                                   " has no such topic"));
    }
  }
  std::unique_ptr<TopicReader> reader(new TopicReader(log, options.from_start));
  ASSIGN_OR_RETURN(reader->group_, log.join({.group = options.group,
                                             .instance = options.group,
                                             .topics = options.topics}));
  return reader;
}

TopicReader::~TopicReader() {
  partitions_.clear();
  if (!group_) return;
  // Nobody waits for this group: what fails here is the broker's time-out's business.
  (void)group_->unassign();
  (void)group_->leave();
}

Result<std::size_t> TopicReader::read(Micros wait, const Take& take) {
  ASSIGN_OR_RETURN(const auto change, group_->poll(wait));
  if (change) TRY(serve(*change));
  std::size_t count = 0;
  for (Partition& partition : partitions_) {
    batch_.clear();
    TRY(partition.reader->read(kRecordsMax, batch_));
    for (const RecordView& record : batch_.records()) take(partition.origin, record);
    count += batch_.size();
  }
  return count;
}

bool TopicReader::caught_up() const {
  return ready_ && std::ranges::all_of(partitions_, [](const Partition& partition) {
           return partition.reader->position() >= partition.end;
         });
}

Result<void> TopicReader::serve(const AssignmentChange& change) {
  if (change.kind != AssignmentChange::Kind::kAssigned) {
    partitions_.clear();
    return group_->unassign();
  }
  std::vector<StartPosition> starts;
  std::vector<Offset> ends;
  for (const TopicPartition& partition : change.partitions) {
    ASSIGN_OR_RETURN(const OffsetRange range, log_.offset_range(partition));
    starts.push_back({partition, from_start_ ? range.begin : range.end});
    ends.push_back(range.end);
  }
  ASSIGN_OR_RETURN(auto readers, group_->assign(starts));
  for (std::size_t i = 0; i < readers.size(); ++i) {
    partitions_.push_back({starts[i].partition, ends[i], std::move(readers[i])});
  }
  ready_ = true;
  return {};
}

}  // namespace sitrep
