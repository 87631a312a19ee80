// SPDX-License-Identifier: Apache-2.0
#include "engine/base/ensure.h"

#include <cstdio>
#include <cstdlib>

namespace sitrep {

void ensure_failed(const char* file, int line, const char* condition,
                   std::string_view reason) noexcept {
  std::fprintf(stderr, "%s:%d: this is a bug in sitrep: ENSURE(%s) failed: %.*s\n", file, line,
               condition, static_cast<int>(reason.size()), reason.data());
  std::abort();
}

}  // namespace sitrep
