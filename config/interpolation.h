// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fills `${NAME}` and `${NAME:-default}` into a scalar after YAML has been parsed, so that a value
// can never change the structure of the file. `$$` stands for one `$`; a `$` before anything else
// is left alone. An unset or, with a default, empty variable takes the default. Thread-safe.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sitrep {

/// The variables that `${NAME}` may name.
using Environment = std::map<std::string, std::string, std::less<>>;

struct Interpolation {
  struct Complaint {
    std::size_t offset;  ///< into the input
    std::string message;
  };
  std::string value;
  /// origins[i]: the byte of the input that byte i of the value came from; of a variable: its `$`.
  std::vector<std::size_t> origins;
  /// verbatim[i]: whether byte i stood in the input itself.
  std::vector<bool> verbatim;
  std::vector<Complaint> complaints;
};

Interpolation interpolate(std::string_view text, const Environment& environment);

}  // namespace sitrep
