// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads, checks and plans the job file that a command was given. Used only by its caller.

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "config/plan_job.h"
#include "engine/base/result.h"

namespace sitrep {

struct JobSource {
  std::string path;
  /// `--set path=value`.
  std::vector<std::string> overrides;
};

/// The plan; or null after every complaint was written to `err`. Warnings are written too. An Error
/// when the file cannot be read.
Result<std::shared_ptr<const JobPlan>> load_job(const JobSource& source, std::ostream& err);

/// The whole of a file of at most `bytes_max`; kInvalidConfig naming it when it cannot be read.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);

}  // namespace sitrep
