// SPDX-License-Identifier: Apache-2.0
#pragma once
// A directory of its own for a test, gone when the test ends. Thread-compatible.

#include <cstdlib>
#include <filesystem>
#include <string>

#include "engine/base/ensure.h"

namespace sitrep {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string path = (std::filesystem::temp_directory_path() / "sitrep_test_XXXXXX").string();
    ENSURE(mkdtemp(path.data()) != nullptr, "no place for temporary files");
    path_ = path;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace sitrep
