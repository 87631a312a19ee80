// SPDX-License-Identifier: Apache-2.0
#include "cli/test_command.h"

#include <filesystem>
#include <random>
#include <utility>

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

}  // namespace

Result<std::size_t> run_cases(const TestOptions& options, std::ostream& out) {
  std::size_t failed = 0;
  std::size_t played = 0;
  for (const std::string& path : options.cases) {
    ASSIGN_OR_RETURN(const std::string text, read_text_file(path, kCaseBytesMax));
    ASSIGN_OR_RETURN(const CaseFile file, parse_case(path, text));
    bool passed = true;
    for (const CaseWay& way : CaseWay::all()) {
      if (!options.way.empty() && options.way != way.name) continue;
      // A job that is refused is refused in one way.
      if (file.errors && way.name != CaseWay::all().front().name) continue;
      const ScratchDirectory scratch;
      auto differs = play_case(file, way, scratch.path());
      const std::string text_of_difference =
          differs ? *differs : concat("  ", differs.error().message(), "\n");
      if (text_of_difference.empty()) continue;
      passed = false;
      out << path << ": FAILED (" << way.name << ")\n" << text_of_difference;
    }
    ++played;
    if (passed) {
      out << path << ": ok\n";
    } else {
      ++failed;
    }
  }
  out << played - failed << " passed, " << failed << " failed\n";
  return failed;
}

}  // namespace sitrep
