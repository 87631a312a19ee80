// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads a job file: YAML to JobSpec, strictly. Every complaint of the file is reported at once,
// with its place; the file, its depth and what its aliases expand to are bounded. Thread-safe.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.h"
#include "config/interpolation.h"
#include "config/job_spec.h"

namespace sitrep {

/// A job file is written by hand; what is larger is a mistake.
inline constexpr std::size_t kJobFileBytesMax = 1U << 20U;

/// Reads the job file `text`, called `file_name` in errors. `overrides` are the arguments of
/// `--set`, "path=value", applied in order before anything is checked. On failure returns nothing
/// and appends at least one error; on success appends none.
std::optional<JobSpec> parse_job(std::string_view text, std::string file_name,
                                 const Environment& environment, std::vector<ConfigError>& errors,
                                 std::span<const std::string> overrides = {});

}  // namespace sitrep
