// SPDX-License-Identifier: Apache-2.0
#include "connectors/file/file_reader.h"

#include <fcntl.h>

#include <algorithm>

#include "engine/base/text.h"

namespace sitrep {

Result<std::unique_ptr<FileReader>> FileReader::open(const std::string& path, Offset start,
                                                     bool complete_last_line) {
  ASSIGN_OR_RETURN(Descriptor file, Descriptor::open(path, O_RDONLY));
  return std::unique_ptr<FileReader>(new FileReader(std::move(file), start, complete_last_line));
}

Result<void> FileReader::read(std::size_t records_max, RecordBatch& out) {
  const std::size_t wanted = out.size() + records_max;
  while (true) {
    take_lines(wanted, out);
    if (out.size() >= wanted) return {};
    ASSIGN_OR_RETURN(const bool more, read_chunk());
    if (!more) break;
  }
  const std::string_view rest = std::string_view(ahead_).substr(used_);
  if (complete_last_line_ && !rest.empty()) take_line(rest, rest.size(), out);
  return {};
}

Result<bool> FileReader::read_chunk() {
  ahead_.erase(0, used_);
  used_ = 0;
  if (ahead_.size() > kLineBytesMax) {
    return corrupt(concat("reading ", file_.path(), ": the line at byte ", position_,
                          " is longer than ", kLineBytesMax, " bytes"));
  }
  ASSIGN_OR_RETURN(const std::int64_t size, file_.size());
  const std::int64_t next = position_ + static_cast<std::int64_t>(ahead_.size());
  if (size < next) {
    return corrupt(concat("reading ", file_.path(), ": it has ", size, " bytes, but ", next,
                          " were read already; it was cut or replaced. Remove the job's state to "
                          "read it from the start"));
  }
  ASSIGN_OR_RETURN(const std::size_t count, file_.read_at(next, kChunkBytes, ahead_));
  return count > 0;
}

void FileReader::take_lines(std::size_t records_max, RecordBatch& out) {
  while (out.size() < records_max) {
    const std::size_t end = ahead_.find('\n', used_);
    if (end == std::string::npos) return;
    take_line(std::string_view(ahead_).substr(used_, end - used_), end - used_ + 1, out);
  }
}

void FileReader::take_line(std::string_view line, std::size_t bytes, RecordBatch& out) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!line.empty()) {
    out.append({.offset = Offset(position_),
                .timestamp = std::nullopt,
                .key = std::nullopt,
                .value = line,
                .headers = {}});
  }
  used_ += bytes;
  position_ += static_cast<std::int64_t>(bytes);
}

std::optional<Offset> FileReader::known_end() const {
  const auto size = file_.size();
  if (!size) return std::nullopt;
  return Offset(std::max(*size, position_));
}

Result<Offset> end_of_lines(const std::string& path, bool complete_last_line) {
  ASSIGN_OR_RETURN(const Descriptor file, Descriptor::open(path, O_RDONLY));
  ASSIGN_OR_RETURN(std::int64_t end, file.size());
  if (complete_last_line) return Offset(end);
  std::string chunk;
  while (end > 0) {
    const std::int64_t begin =
        std::max<std::int64_t>(0, end - static_cast<std::int64_t>(FileReader::kChunkBytes));
    chunk.clear();
    TRY(file.read_at(begin, static_cast<std::size_t>(end - begin), chunk));
    const std::size_t newline = chunk.rfind('\n');
    if (newline != std::string::npos) {
      return Offset(begin + static_cast<std::int64_t>(newline) + 1);
    }
    end = begin;
  }
  return Offset(0);
}

}  // namespace sitrep
