// SPDX-License-Identifier: Apache-2.0
#pragma once
// One complaint about a job file. All complaints of a file are collected and shown together, in
// order of place. Thread-compatible.

#include <string>
#include <vector>

namespace sitrep {

struct ConfigError {
  /// The job file's name, or `--set path=value` for an override.
  std::string file;
  /// From 1; 0 when the complaint is about the file as a whole or about an override.
  int line = 0;
  int column = 0;
  /// What was found and what was expected, with the nearest known name.
  std::string message;

  auto operator<=>(const ConfigError&) const = default;
};

/// `jobs/fleet.yaml:12:5: unknown key …`, as compilers write it.
std::string to_string(const ConfigError& error);

/// All of them, sorted by place, one line each.
std::string to_string(std::vector<ConfigError> errors);

}  // namespace sitrep
