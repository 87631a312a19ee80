// SPDX-License-Identifier: Apache-2.0
#pragma once
// Asks threads to stop, from a signal handler or another thread. Lock-free, set once. Thread-safe.

#include <atomic>

namespace sitrep {

class StopFlag {
 public:
  void request() { requested_.store(true, std::memory_order_release); }
  bool requested() const { return requested_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> requested_{false};
  static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");
};

}  // namespace sitrep
