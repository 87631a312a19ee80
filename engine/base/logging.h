// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one logger: lines for people on stderr, `time level message`. Never called per record.
// Thread-safe.

#include <string_view>

#include "engine/base/text.h"

namespace sitrep {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Lines below `level` are not written. Default: kInfo.
void set_log_level(LogLevel level);
void write_log(LogLevel level, std::string_view message);

template <typename... Parts>
void log_debug(const Parts&... parts) {
  write_log(LogLevel::kDebug, concat(parts...));
}
template <typename... Parts>
void log_info(const Parts&... parts) {
  write_log(LogLevel::kInfo, concat(parts...));
}
template <typename... Parts>
void log_warning(const Parts&... parts) {
  write_log(LogLevel::kWarning, concat(parts...));
}
template <typename... Parts>
void log_error(const Parts&... parts) {
  write_log(LogLevel::kError, concat(parts...));
}

}  // namespace sitrep
