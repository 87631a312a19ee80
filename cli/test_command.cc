// SPDX-License-Identifier: Apache-2.0
#include "cli/test_command.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <utility>
#include <vector>

#include "cli/case_runner.h"
#include "cli/job_loading.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::size_t kCaseBytesMax = 4 << 20;

/// A directory of its own that goes when it goes.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::random_device entropy;
    path_ = std::filesystem::temp_directory_path() /
            concat("sitrep-case-", entropy(), "-", entropy());
    std::error_code ignored;
    std::filesystem::create_directories(path_, ignored);
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// The case with its job, wherever that is written.
Result<CaseFile> read_case(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kCaseBytesMax));
  ASSIGN_OR_RETURN(CaseFile file, parse_case(path, text));
  if (file.job_file) {
    const auto job = std::filesystem::path(path).parent_path() / *file.job_file;
    auto read = read_text_file(job.lexically_normal().string(), kCaseBytesMax);
    if (!read) return std::move(read).error().with_context(concat(path, ":", file.job_line));
    file.job = *std::move(read);
  }
  return file;
}

/// The ways that end in the same difference.
struct Failure {
  std::string difference;
  std::vector<std::string> ways;
};

std::vector<std::string> names_of_ways() {
  std::vector<std::string> names;
  for (const CaseWay& way : CaseWay::all()) names.push_back(way.name);
  return names;
}

/// The ways that a case is played in.
std::vector<CaseWay> ways_of(const CaseFile& file, const std::string& only) {
  if (only.empty() && !file.errors) return CaseWay::all();
  // A job that is refused is refused in one way.
  if (only.empty()) return {CaseWay::all().front()};
  for (const CaseWay& way : CaseWay::all()) {
    if (way.name == only) return {way};
  }
  return {};
}

std::vector<Failure> failures_of(const CaseFile& file, const std::vector<CaseWay>& ways) {
  std::vector<Failure> failures;
  for (const CaseWay& way : ways) {
    const ScratchDirectory scratch;
    const auto differs = play_case(file, way, scratch.path());
    const std::string difference =
        differs ? *differs : concat("  ", differs.error().message(), "\n");
    if (difference.empty()) continue;
    auto same = std::ranges::find(failures, difference, &Failure::difference);
    if (same == failures.end()) {
      same = failures.insert(same, {.difference = difference, .ways = {}});
    }
    same->ways.push_back(way.name);
  }
  return failures;
}

std::string in_which(const Failure& failure, std::size_t played) {
  if (played == 1) return concat("(", failure.ways.front(), ")");
  if (failure.ways.size() == played) return concat("in all ", played, " ways");
  return concat("in ", failure.ways.size(), " of ", played, " ways (", join(failure.ways, ", "),
                ")");
}

}  // namespace

Result<std::size_t> run_cases(const TestOptions& options, std::ostream& out) {
  const std::vector<std::string> known = names_of_ways();
  if (!options.way.empty() && std::ranges::find(known, options.way) == known.end()) {
    return invalid_config(
        concat("--way: there is no way '", options.way, "'; known: ", join(known, ", ")));
  }
  std::size_t failed = 0;
  for (const std::string& path : options.cases) {
    ASSIGN_OR_RETURN(const CaseFile file, read_case(path));
    const std::vector<CaseWay> ways = ways_of(file, options.way);
    const std::vector<Failure> failures = failures_of(file, ways);
    for (const Failure& failure : failures) {
      out << path << ": FAILED " << in_which(failure, ways.size()) << '\n' << failure.difference;
    }
    if (failures.empty()) {
      out << path << ": ok\n";
    } else {
      ++failed;
    }
  }
  out << options.cases.size() - failed << " passed, " << failed << " failed\n";
  return failed;
}

}  // namespace sitrep
