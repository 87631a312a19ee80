// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the lines of one partition's file from a byte offset on, and goes on when the file grows.
// Holds one chunk, or one line of at most kLineBytesMax. Used only by its worker.

#include <optional>
#include <string>

#include "connectors/file/descriptor.h"
#include "engine/log/log.h"

namespace sitrep {

class FileReader final : public PartitionReader {
 public:
  static constexpr std::size_t kChunkBytes = std::size_t{256} << 10U;
  static constexpr std::size_t kLineBytesMax = std::size_t{16} << 20U;

  static Result<std::unique_ptr<FileReader>> open(const std::string& path, Offset start,
                                                  bool complete_last_line);

  /// kCorrupt when the file became shorter than what was read, or a line is too long.
  Result<void> read(std::size_t records_max, RecordBatch& out) override;
  Offset position() const override { return Offset(position_); }
  std::optional<Offset> known_end() const override;

 private:
  FileReader(Descriptor file, Offset start, bool complete_last_line)
      : file_(std::move(file)),
        complete_last_line_(complete_last_line),
        position_(start.value()) {}

  /// Whether more bytes came in.
  Result<bool> read_chunk();
  void take_lines(std::size_t records_max, RecordBatch& out);
  void take_line(std::string_view line, std::size_t bytes, RecordBatch& out);

  const Descriptor file_;
  const bool complete_last_line_;
  std::int64_t position_;
  std::string ahead_;      // bytes from position_ on
  std::size_t used_ = 0;   // bytes of ahead_ that were taken
};

/// Offset after the last line of the file that counts as whole.
Result<Offset> end_of_lines(const std::string& path, bool complete_last_line);

}  // namespace sitrep
