// SPDX-License-Identifier: Apache-2.0
#include "engine/base/error.h"

#include <utility>

#include "engine/base/ensure.h"

namespace sitrep {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidConfig: return "invalid_config";
    case ErrorKind::kUnavailable: return "unavailable";
    case ErrorKind::kCorrupt: return "corrupt";
    case ErrorKind::kExhausted: return "exhausted";
    case ErrorKind::kCancelled: return "cancelled";
    case ErrorKind::kInternal: return "internal";
  }
  ENSURE(false, "unknown ErrorKind");
}

Error Error::with_context(std::string_view context) && {
  message_.insert(0, ": ");
  message_.insert(0, context);
  return std::move(*this);
}

Error invalid_config(std::string message) {
  return {ErrorKind::kInvalidConfig, std::move(message)};
}
Error unavailable(std::string message, Retry retry) {
  return {ErrorKind::kUnavailable, std::move(message), retry};
}
Error corrupt(std::string message) { return {ErrorKind::kCorrupt, std::move(message)}; }
Error exhausted(std::string message) {
  return {ErrorKind::kExhausted, std::move(message), Retry::kWithBackoff};
}
Error cancelled(std::string message) { return {ErrorKind::kCancelled, std::move(message)}; }
Error internal_error(std::string message) { return {ErrorKind::kInternal, std::move(message)}; }

}  // namespace sitrep
