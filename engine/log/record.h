// SPDX-License-Identifier: Apache-2.0
#pragma once
// Records as they come out of a partition (RecordBatch) and as they go to topics (OutputBatch).
// Both keep their bytes in arenas of their own: nothing of the log's client library outlives a
// call. Thread-compatible; a batch is handed over whole.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/data/arena.h"

namespace sitrep {

struct HeaderView {
  std::string_view name;
  /// Null (no data) differs from empty.
  std::optional<std::string_view> value;
};

/// One record read. Views live as long as the batch's bytes.
struct RecordView {
  Offset offset;
  /// The log's own timestamp; absent where the log has none.
  std::optional<Micros> timestamp;
  std::optional<std::string_view> key;
  /// Followed by one zero byte, and readable 64 bytes beyond its end (see Arena).
  std::optional<std::string_view> value;
  std::span<const HeaderView> headers;
};

/// Records of one partition, in offset order. Reused: clear() keeps the memory.
class RecordBatch {
 public:
  /// Copies `record`, its bytes and headers included.
  void append(const RecordView& record);
  void clear();

  const std::vector<RecordView>& records() const { return records_; }
  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  /// Payload bytes of the keys and values.
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<RecordView> records_;
  Arena arena_;
  std::vector<std::unique_ptr<HeaderView[]>> headers_;
  std::size_t bytes_ = 0;
};

/// A topic of a LogWriter, as it numbered it (LogWriter::open_topic).
using TopicId = StrongInt<struct TopicIdTag, std::uint32_t>;

/// A record to be written. The bytes are copied by OutputBatch::append.
struct OutputRecord {
  TopicId topic;
  /// Absent: the writer chooses by the key's murmur2 hash, or in turn without a key.
  std::optional<PartitionId> partition;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::span<const HeaderView> headers;
  /// Absent: the writer's time.
  std::optional<Micros> timestamp;
};

/// Records that one task wrote in one epoch, in order. Moves; its views stay valid.
class OutputBatch {
 public:
  void append(const OutputRecord& record);
  const std::deque<OutputRecord>& records() const { return records_; }
  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  std::size_t bytes() const { return bytes_; }

 private:
  std::deque<OutputRecord> records_;  // grows without a second copy of all
  Arena arena_;
  std::vector<std::unique_ptr<HeaderView[]>> headers_;
  std::size_t bytes_ = 0;
};

}  // namespace sitrep
