// SPDX-License-Identifier: Apache-2.0
#include "engine/log/log.h"

#include <string_view>

namespace sitrep {
namespace {

Error keeps_no_state(std::string_view doing) {
  return internal_error(std::string(doing) + " a log that keeps no state");
}

}  // namespace

Result<std::vector<Offset>> LogWriter::append_located(const OutputBatch&) {
  return keeps_no_state("writing state to");
}
Result<Offset> Log::written_end(const TopicPartition& partition) {
  ASSIGN_OR_RETURN(const OffsetRange range, offset_range(partition));
  return range.end;
}

Result<std::map<std::string, std::string>> Log::topic_settings(const std::string&) {
  return std::map<std::string, std::string>();
}
Result<std::unique_ptr<PartitionReader>> Log::open_reader(const StartPosition&) {
  return keeps_no_state("reading state from");
}
Result<void> Log::trim(const TopicPartition&, Offset) {
  return keeps_no_state("trimming");
}
Result<std::vector<GroupMember>> Log::members(const std::string&) {
  return std::vector<GroupMember>();
}
Result<std::string> Log::identity() {
  return std::string();
}

}  // namespace sitrep
