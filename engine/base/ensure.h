// SPDX-License-Identifier: Apache-2.0
#pragma once
// States what must be true. A failed ENSURE is a bug of ours: it writes the place and the reason to
// stderr and aborts, also in release (recovery rebuilds from the log, so stopping is safe). Never
// ENSURE what a user, a peer or a disk can cause. DEBUG_ENSURE is for hot loops. Thread-safe.

#include <string_view>

namespace sitrep {

[[noreturn]] void ensure_failed(const char* file, int line, const char* condition,
                                std::string_view reason) noexcept;

}  // namespace sitrep

#define ENSURE(condition, reason)                                            \
  (static_cast<bool>(condition)                                              \
       ? static_cast<void>(0)                                                \
       : ::sitrep::ensure_failed(__FILE__, __LINE__, #condition, (reason)))

#ifdef SITREP_DEBUG_ENSURE
#define DEBUG_ENSURE(condition, reason) ENSURE(condition, reason)
#else
#define DEBUG_ENSURE(condition, reason) static_cast<void>(0)
#endif
