// SPDX-License-Identifier: Apache-2.0
#pragma once
// Appends the records of epochs to the partitions' files. Lines are gathered and written when there
// are kBufferBytesMax of them or the epoch is committed; a commit returns when they are on the
// disk. Used only by the committer.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/file/descriptor.h"
#include "connectors/file/file_log.h"

namespace sitrep {

class FileWriter final : public LogWriter {
 public:
  static constexpr std::size_t kBufferBytesMax = std::size_t{1} << 20U;

  FileWriter(std::string root, std::string group)
      : root_(std::move(root)), group_(std::move(group)) {}

  Result<TopicId> open_topic(const std::string& topic) override;
  Result<void> begin() override;
  Result<void> append(const OutputBatch& batch) override;
  Result<void> commit(std::span<const CommittedPosition> positions,
                      const Generation& generation) override;
  Result<void> abort() override;

 private:
  struct Partition {
    Descriptor file;
    std::string lines;
    bool unsynced = false;
  };
  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
    std::size_t next = 0;  // partition of the next record without a key
  };

  static Partition& partition_of(Topic& topic, const OutputRecord& record);
  static Result<void> write(Partition& partition);
  Result<void> save_positions(std::span<const CommittedPosition> positions) const;

  const std::string root_;
  const std::string group_;
  std::vector<Topic> topics_;
};

/// Where a group's offsets stand.
std::string offsets_path(const std::string& root, const std::string& group);

}  // namespace sitrep
