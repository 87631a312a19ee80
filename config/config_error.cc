// SPDX-License-Identifier: Apache-2.0
#include "config/config_error.h"

#include <algorithm>

#include "engine/base/text.h"

namespace sitrep {

std::string to_string(const ConfigError& error) {
  if (error.line == 0) return concat(error.file, ": ", error.message);
  return concat(error.file, ":", error.line, ":", error.column, ": ", error.message);
}

std::string to_string(std::vector<ConfigError> errors) {
  std::sort(errors.begin(), errors.end());
  std::string text;
  for (const ConfigError& error : errors) text += to_string(error) + "\n";
  return text;
}

}  // namespace sitrep
