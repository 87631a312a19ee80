// SPDX-License-Identifier: Apache-2.0
// Offsets file: one line per partition, `topic partition offset`.
#include "connectors/file/file_writer.h"

#include <fcntl.h>

#include <cstdio>
#include <filesystem>

#include "connectors/file/file_reader.h"
#include "connectors/file/file_topic.h"
#include "connectors/file/record_line.h"
#include "engine/base/hash.h"
#include "engine/base/text.h"

namespace sitrep {

std::string offsets_path(const std::string& root, const std::string& group) {
  return concat(root, "/.groups/", group, ".offsets");
}

Result<TopicId> FileWriter::open_topic(const std::string& topic) {
  for (std::size_t i = 0; i < topics_.size(); ++i) {
    if (topics_[i].name == topic) return TopicId(static_cast<std::uint32_t>(i));
  }
  ASSIGN_OR_RETURN(const auto count, count_partition_files(root_, topic));
  if (!count) {
    return invalid_config(concat("no topic ", topic, " in ", root_,
                                 ": create it, or say `create: {partitions: n}` at the output"));
  }
  Topic opened{.name = topic, .partitions = {}};
  for (std::int32_t i = 0; i < *count; ++i) {
    const std::string path = partition_path(root_, {topic, PartitionId(i)});
    ASSIGN_OR_RETURN(const Offset whole, end_of_lines(path, /*complete_last_line=*/false));
    ASSIGN_OR_RETURN(Descriptor file, Descriptor::open(path, O_WRONLY | O_APPEND));
    TRY(file.cut(whole.value()));
    opened.partitions.push_back({.file = std::move(file), .lines = {}});
  }
  topics_.push_back(std::move(opened));
  return TopicId(static_cast<std::uint32_t>(topics_.size() - 1));
}

Result<void> FileWriter::begin() {
  return abort();
}

FileWriter::Partition& FileWriter::partition_of(Topic& topic, const OutputRecord& record) {
  const std::size_t count = topic.partitions.size();
  if (record.partition) {
    return topic.partitions.at(static_cast<std::size_t>(record.partition->value()));
  }
  if (record.key) return topic.partitions[hash_bytes(*record.key) % count];
  return topic.partitions[topic.next++ % count];
}

Result<void> FileWriter::append(const OutputBatch& batch) {
  for (const OutputRecord& record : batch.records()) {
    Partition& partition = partition_of(topics_.at(record.topic.value()), record);
    append_record_line(record, partition.lines);
    if (partition.lines.size() >= kBufferBytesMax) TRY(write(partition));
  }
  return {};
}

Result<void> FileWriter::write(Partition& partition) {
  if (partition.lines.empty()) return {};
  TRY(partition.file.write(partition.lines));
  partition.lines.clear();
  partition.unsynced = true;
  return {};
}

Result<void> FileWriter::commit(std::span<const CommittedPosition> positions, const Generation&) {
  for (Topic& topic : topics_) {
    for (Partition& partition : topic.partitions) {
      TRY(write(partition));
      if (!partition.unsynced) continue;
      TRY(partition.file.sync());
      partition.unsynced = false;
    }
  }
  return save_positions(positions);
}

Result<void> FileWriter::save_positions(std::span<const CommittedPosition> positions) const {
  if (positions.empty()) return {};
  std::string text;
  for (const CommittedPosition& position : positions) {
    text += concat(position.partition.topic, " ", position.partition.partition, " ", position.next,
                   "\n");
  }
  const std::string path = offsets_path(root_, group_);
  const std::string fresh = path + ".new";
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return unavailable(concat("making the directory of ", path, ": ", error.message()));
  {
    ASSIGN_OR_RETURN(const Descriptor file, Descriptor::open(fresh, O_WRONLY | O_CREAT | O_TRUNC));
    TRY(file.write(text));
    TRY(file.sync());
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return system_error("renaming", fresh);
  return {};
}

Result<void> FileWriter::abort() {
  for (Topic& topic : topics_) {
    for (Partition& partition : topic.partitions) partition.lines.clear();
  }
  return {};
}

}  // namespace sitrep
