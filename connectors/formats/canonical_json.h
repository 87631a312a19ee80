// SPDX-License-Identifier: Apache-2.0
#pragma once
// One text for all JSON texts that mean the same row, for comparing what a job wrote with what a
// test expects: fields sorted by name, no white space, numbers by value (10 significant digits),
// texts that are RFC 3339 times as UTC with milliseconds. Thread-safe.

#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace sitrep {

/// kInvalidConfig saying what is wrong when `json` is not one JSON value.
Result<std::string> canonical_json(std::string_view json);

}  // namespace sitrep
