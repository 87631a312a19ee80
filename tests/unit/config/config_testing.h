// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of the config room share: parsing a text and seeing its complaints as one text.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/parse_job.h"

namespace sitrep {

struct ParseAttempt {
  std::optional<JobSpec> job;
  /// One complaint per line; empty when there is none.
  std::string errors;
};

inline ParseAttempt attempt_parse(std::string_view text, const Environment& environment = {},
                                  const std::vector<std::string>& overrides = {}) {
  std::vector<ConfigError> errors;
  ParseAttempt attempt;
  attempt.job = parse_job(text, "job.yaml", environment, errors, overrides);
  attempt.errors = to_string(errors);
  return attempt;
}

}  // namespace sitrep
