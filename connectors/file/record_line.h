// SPDX-License-Identifier: Apache-2.0
#pragma once
// A record as one line of a file (file_log.h says how it looks). Functions only; thread-safe.

#include <string>

#include "engine/log/record.h"

namespace sitrep {

/// Appends `record` and a newline.
void append_record_line(const OutputRecord& record, std::string& out);

}  // namespace sitrep
