// SPDX-License-Identifier: Apache-2.0
#pragma once
// One complaint about a piece of SQL: where (byte offset into the text), what was found, what was
// expected. The job file's reader turns the offset into file:line:column. Thread-compatible.

#include <cstddef>
#include <string>
#include <vector>

namespace sitrep::sql {

struct Diagnostic {
  /// Byte offset into the SQL text.
  std::size_t position = 0;
  /// A whole sentence without the place: what was found, what was expected, the nearest known name.
  std::string message;

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

using Diagnostics = std::vector<Diagnostic>;

}  // namespace sitrep::sql
