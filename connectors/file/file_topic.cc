// SPDX-License-Identifier: Apache-2.0
#include "connectors/file/file_topic.h"

#include <charconv>
#include <filesystem>
#include <set>

#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::string_view kEnding = ".jsonl";

std::optional<std::int32_t> partition_of(const std::string& file) {
  if (!file.ends_with(kEnding)) return std::nullopt;
  std::int32_t number = 0;
  const char* const end = file.data() + file.size() - kEnding.size();
  const auto [rest, error] = std::from_chars(file.data(), end, number);
  if (error != std::errc() || rest != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

std::string partition_path(const std::string& root, const TopicPartition& partition) {
  return concat(root, "/", partition.topic, "/", partition.partition, kEnding);
}

Result<std::optional<std::int32_t>> count_partition_files(const std::string& root,
                                                          const std::string& topic) {
  const std::string directory = concat(root, "/", topic);
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  if (error == std::errc::no_such_file_or_directory) return std::optional<std::int32_t>();
  if (error == std::errc::not_a_directory) {
    return invalid_config(concat("topic ", topic, " in ", root, " is a file; expected a directory "
                                 "with the files 0", kEnding, ", 1", kEnding, ", …"));
  }
  if (error) return unavailable(concat("listing ", directory, ": ", error.message()));
  std::set<std::int32_t> numbers;
  for (const auto& entry : entries) {
    if (const auto number = partition_of(entry.path().filename().string())) {
      numbers.insert(*number);
    }
  }
  std::int32_t next = 0;
  for (const std::int32_t number : numbers) {
    if (number != next) {
      return invalid_config(concat("topic ", topic, " in ", root, " has no ", next, kEnding,
                                   " but a ", number, kEnding,
                                   "; partitions are numbered from 0 without a gap"));
    }
    ++next;
  }
  if (next == 0) {
    return invalid_config(concat("topic ", topic, " in ", root, " has no files 0", kEnding, ", 1",
                                 kEnding, ", …"));
  }
  return std::optional(next);
}

}  // namespace sitrep
