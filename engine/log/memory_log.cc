// SPDX-License-Identifier: Apache-2.0
#include "engine/log/memory_log.h"

#include <algorithm>
#include <utility>

#include "engine/base/hash.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

std::optional<std::string_view> view(const std::optional<std::string>& text) {
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

std::optional<std::string> own(std::optional<std::string_view> text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

}  // namespace

class MemoryLog::Reader final : public PartitionReader {
 public:
  Reader(const Partition& partition, Offset start) : partition_(partition), position_(start) {}

  Result<void> read(std::size_t records_max, RecordBatch& out) override {
    const auto& all = partition_.records;
    auto next = std::lower_bound(
        all.begin(), all.end(), position_,
        [](const StoredRecord& record, Offset offset) { return record.offset < offset; });
    for (; next != all.end() && records_max > 0; ++next, --records_max) {
      std::vector<HeaderView> headers;
      for (const StoredHeader& header : next->headers) {
        headers.push_back({.name = header.name, .value = view(header.value)});
      }
      out.append({.offset = next->offset,
                  .timestamp = next->timestamp,
                  .key = view(next->key),
                  .value = view(next->value),
                  .headers = headers});
      position_ = next->offset + 1;
    }
    if (next == all.end()) position_ = std::max(position_, partition_.end);
    return {};
  }
  Offset position() const override { return position_; }
  std::optional<Offset> known_end() const override { return partition_.end; }

 private:
  const Partition& partition_;
  Offset position_;
};

/// The only member: every partition of its topics is assigned to it at the first poll.
class MemoryLog::Group final : public GroupReader {
 public:
  Group(MemoryLog& log, GroupOptions options) : log_(log), options_(std::move(options)) {}

  Result<std::optional<AssignmentChange>> poll(Micros) override {
    if (announced_) return std::optional<AssignmentChange>();
    announced_ = true;
    AssignmentChange change{.kind = AssignmentChange::Kind::kAssigned, .partitions = {}};
    for (const std::string& topic : options_.topics) {
      const auto found = log_.topics_.find(topic);
      if (found == log_.topics_.end()) return invalid_config(concat("no topic ", topic));
      for (std::int32_t i = 0; i < found->second; ++i) {
        change.partitions.push_back({topic, PartitionId(i)});
      }
    }
    return std::optional(std::move(change));
  }
  Result<std::vector<std::optional<CommittedOffset>>> committed(
      std::span<const TopicPartition> partitions) override {
    std::vector<std::optional<CommittedOffset>> out;
    const auto& offsets = log_.committed_[options_.group];
    for (const TopicPartition& partition : partitions) {
      const auto found = offsets.find(partition);
      out.push_back(found == offsets.end() ? std::nullopt : std::optional(found->second));
    }
    return out;
  }
  Result<std::vector<std::unique_ptr<PartitionReader>>> assign(
      std::span<const StartPosition> starts) override {
    std::vector<std::unique_ptr<PartitionReader>> readers;
    for (const StartPosition& start : starts) {
      readers.push_back(std::make_unique<Reader>(log_.partitions_[start.partition], start.offset));
    }
    return readers;
  }
  Result<void> unassign() override { return {}; }
  Result<void> leave() override { return {}; }

 private:
  MemoryLog& log_;
  const GroupOptions options_;
  bool announced_ = false;
};

class MemoryLog::Writer final : public LogWriter {
 public:
  Writer(MemoryLog& log, WriterOptions options) : log_(log), options_(std::move(options)) {}

  Result<TopicId> open_topic(const std::string& topic) override {
    if (!log_.topics_.contains(topic)) return invalid_config(concat("no topic ", topic));
    topics_.push_back(topic);
    return TopicId(static_cast<std::uint32_t>(topics_.size() - 1));
  }
  Result<void> begin() override {
    open_.clear();
    return {};
  }
  Result<void> append(const OutputBatch& batch) override {
    for (const OutputRecord& record : batch.records()) {
      StoredRecord stored{.offset = Offset(0),
                          .timestamp = record.timestamp.value_or(log_.clock_.now()),
                          .key = own(record.key),
                          .value = own(record.value),
                          .headers = {}};
      for (const HeaderView& header : record.headers) {
        stored.headers.push_back({std::string(header.name), own(header.value)});
      }
      open_.emplace_back(choose_partition(record), std::move(stored));
    }
    return {};
  }
  Result<std::vector<Offset>> append_located(const OutputBatch& batch) override {
    // Appended at once: an offset cannot be known otherwise.
    std::vector<Offset> offsets;
    const std::size_t before = open_.size();
    TRY(append(batch));
    for (std::size_t i = before; i < open_.size(); ++i) {
      offsets.push_back(log_.append(open_[i].first, std::move(open_[i].second)));
    }
    open_.resize(before);
    return offsets;
  }
  Result<void> commit(std::span<const CommittedPosition> positions, const Generation&) override {
    const bool fail = log_.failing_commits_ > 0;
    if (fail) --log_.failing_commits_;
    if (!fail || log_.failed_commit_ == FailedCommit::kHadCommitted) {
      for (auto& [partition, record] : open_) log_.append(partition, std::move(record));
      for (const CommittedPosition& position : positions) {
        log_.committed_[options_.group][position.partition] = {.next = position.next,
                                                               .metadata = position.metadata};
      }
    }
    open_.clear();
    if (fail) return unavailable("the commit's answer was lost");
    return {};
  }
  Result<void> abort() override {
    open_.clear();
    return {};
  }

 private:
  TopicPartition choose_partition(const OutputRecord& record) const {
    const std::string& topic = topics_[record.topic.value()];
    if (record.partition) return {topic, *record.partition};
    const auto count = static_cast<std::uint64_t>(log_.topics_.at(topic));
    const std::uint64_t hash = record.key ? hash_bytes(*record.key) : 0;
    return {topic, PartitionId(static_cast<std::int32_t>(hash % count))};
  }

  MemoryLog& log_;
  const WriterOptions options_;
  std::vector<std::string> topics_;
  std::vector<std::pair<TopicPartition, StoredRecord>> open_;
};

Offset MemoryLog::append(const TopicPartition& partition, StoredRecord record) {
  Partition& stored = partitions_[partition];
  record.offset = stored.end;
  ++stored.end;
  stored.records.push_back(std::move(record));
  return stored.records.back().offset;
}

void MemoryLog::skip_offsets(const TopicPartition& partition, std::int64_t count) {
  Partition& stored = partitions_[partition];
  stored.end = stored.end + count;
}

const std::vector<MemoryLog::StoredRecord>& MemoryLog::records(
    const TopicPartition& partition) const {
  static const std::vector<StoredRecord> kNone;
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? kNone : found->second.records;
}

void MemoryLog::fail_next_commits(std::size_t count, FailedCommit outcome) {
  failing_commits_ = count;
  failed_commit_ = outcome;
}

Result<std::optional<std::int32_t>> MemoryLog::partition_count(const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return std::optional<std::int32_t>();
  return std::optional(found->second);
}

Result<void> MemoryLog::create_topic(const std::string& topic, const TopicOptions& options) {
  const auto [found, made] = topics_.emplace(topic, options.partitions);
  if (!made) return invalid_config(concat("topic ", topic, " exists"));
  settings_[topic] = options.settings;
  for (std::int32_t i = 0; i < options.partitions; ++i) partitions_[{topic, PartitionId(i)}];
  return {};
}

Result<std::map<std::string, std::string>> MemoryLog::topic_settings(const std::string& topic) {
  return settings_[topic];
}

Result<std::unique_ptr<PartitionReader>> MemoryLog::open_reader(const StartPosition& start) {
  return std::unique_ptr<PartitionReader>(
      std::make_unique<Reader>(partitions_[start.partition], start.offset));
}

Result<void> MemoryLog::trim(const TopicPartition& partition, Offset before) {
  Partition& stored = partitions_[partition];
  stored.begin = std::max(stored.begin, before);
  std::erase_if(stored.records,
                [&](const StoredRecord& record) { return record.offset < stored.begin; });
  return {};
}

Result<OffsetRange> MemoryLog::offset_range(const TopicPartition& partition) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) {
    return invalid_config(concat("no partition ", partition.topic, "[", partition.partition, "]"));
  }
  return OffsetRange{.begin = found->second.begin, .end = found->second.end};
}

Result<std::unique_ptr<GroupReader>> MemoryLog::join(const GroupOptions& options) {
  return std::unique_ptr<GroupReader>(std::make_unique<Group>(*this, options));
}

Result<std::unique_ptr<LogWriter>> MemoryLog::open_writer(const WriterOptions& options) {
  return std::unique_ptr<LogWriter>(std::make_unique<Writer>(*this, options));
}

}  // namespace sitrep
