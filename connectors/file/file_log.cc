// SPDX-License-Identifier: Apache-2.0
#include "connectors/file/file_log.h"

#include <fcntl.h>
#include <poll.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "connectors/file/file_reader.h"
#include "connectors/file/file_topic.h"
#include "connectors/file/file_writer.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

/// The only member of its group: everything is assigned to it at the first poll.
class FileGroup final : public GroupReader {
 public:
  FileGroup(FileLogOptions options, GroupOptions group)
      : options_(std::move(options)), group_(std::move(group)) {}

  Result<std::optional<AssignmentChange>> poll(Micros wait) override {
    if (assigned_) {
      ::poll(nullptr, 0, static_cast<int>(wait / kMicrosPerMilli));
      return std::nullopt;
    }
    AssignmentChange change{.kind = AssignmentChange::Kind::kAssigned, .partitions = {}};
    for (const std::string& topic : group_.topics) {
      ASSIGN_OR_RETURN(const auto count, count_partition_files(options_.root, topic));
      if (!count) {
        return invalid_config(concat("no topic ", topic, " in ", options_.root,
                                     ": expected files ", topic, "/0.jsonl, 1.jsonl, …"));
      }
      for (std::int32_t i = 0; i < *count; ++i) {
        change.partitions.push_back({topic, PartitionId(i)});
      }
    }
    assigned_ = true;
    return change;
  }

  Result<std::vector<std::optional<CommittedOffset>>> committed(
      std::span<const TopicPartition> partitions) override {
    std::map<TopicPartition, Offset> known;
    std::ifstream in(offsets_path(options_.root, group_.group));
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    while (in >> topic >> partition >> offset) {
      known.insert_or_assign({topic, PartitionId(partition)}, Offset(offset));
    }
    std::vector<std::optional<CommittedOffset>> out;
    for (const TopicPartition& wanted : partitions) {
      auto& answer = out.emplace_back();
      const auto found = known.find(wanted);
      if (found != known.end()) answer = CommittedOffset{.next = found->second};
    }
    return out;
  }

  Result<std::vector<std::unique_ptr<PartitionReader>>> assign(
      std::span<const StartPosition> starts) override {
    std::vector<std::unique_ptr<PartitionReader>> readers;
    for (const StartPosition& start : starts) {
      ASSIGN_OR_RETURN(auto reader,
                       FileReader::open(partition_path(options_.root, start.partition),
                                        start.offset, options_.complete_last_line));
      readers.push_back(std::move(reader));
    }
    return readers;
  }

  Result<void> unassign() override { return {}; }
  Result<void> leave() override { return {}; }

 private:
  const FileLogOptions options_;
  const GroupOptions group_;
  bool assigned_ = false;
};

class FileLog final : public Log {
 public:
  explicit FileLog(FileLogOptions options) : options_(std::move(options)) {}

  Result<std::optional<std::int32_t>> partition_count(const std::string& topic) override {
    return count_partition_files(options_.root, topic);
  }

  Result<void> create_topic(const std::string& topic, const TopicOptions& options) override {
    const std::string directory = concat(options_.root, "/", topic);
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return unavailable(concat("making ", directory, ": ", error.message()));
    for (std::int32_t i = 0; i < options.partitions; ++i) {
      TRY(Descriptor::open(partition_path(options_.root, {topic, PartitionId(i)}),
                           O_WRONLY | O_CREAT));
    }
    return {};
  }

  Result<OffsetRange> offset_range(const TopicPartition& partition) override {
    ASSIGN_OR_RETURN(const Offset end, end_of_lines(partition_path(options_.root, partition),
                                                    options_.complete_last_line));
    return OffsetRange{.begin = Offset(0), .end = end};
  }

  Result<std::unique_ptr<PartitionReader>> open_reader(const StartPosition& start) override {
    ASSIGN_OR_RETURN(auto reader, FileReader::open(partition_path(options_.root, start.partition),
                                                   start.offset, options_.complete_last_line));
    return std::unique_ptr<PartitionReader>(std::move(reader));
  }

  bool keeps_bytes() const override { return false; }

  Result<std::unique_ptr<GroupReader>> join(const GroupOptions& options) override {
    return std::unique_ptr<GroupReader>(std::make_unique<FileGroup>(options_, options));
  }

  Result<std::unique_ptr<LogWriter>> open_writer(const WriterOptions& options) override {
    return std::unique_ptr<LogWriter>(std::make_unique<FileWriter>(options_.root, options.group));
  }

  std::string description() const override { return concat("directory ", options_.root); }

 private:
  const FileLogOptions options_;
};

}  // namespace

Result<std::unique_ptr<Log>> open_file_log(const FileLogOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_directory(options.root, error)) {
    return invalid_config(concat("opening ", options.root, ": it is not a directory; it should "
                                 "hold one directory per topic"));
  }
  return std::unique_ptr<Log>(std::make_unique<FileLog>(options));
}

}  // namespace sitrep
