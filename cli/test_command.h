// SPDX-License-Identifier: Apache-2.0
#pragma once
// `sitrep test CASE…`: plays test cases of jobs (case_file.h), each in every way, and says what
// differed. Used only by its caller.

#include <ostream>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace sitrep {

struct TestOptions {
  std::vector<std::string> cases;
  /// One way only ("plain", "crash-1", …); empty: every way.
  std::string way;
};

/// How many cases failed. An Error when a case file is not one.
Result<std::size_t> run_cases(const TestOptions& options, std::ostream& out);

}  // namespace sitrep
