// SPDX-License-Identifier: Apache-2.0
#include "engine/base/clock.h"

#include <chrono>

namespace sitrep {
namespace {

template <typename StdClock>
Micros read() {
  return std::chrono::duration_cast<std::chrono::microseconds>(StdClock::now().time_since_epoch())
      .count();
}

}  // namespace

Micros SystemClock::now() const { return read<std::chrono::system_clock>(); }
Micros SystemClock::monotonic() const { return read<std::chrono::steady_clock>(); }

}  // namespace sitrep
