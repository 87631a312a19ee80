// SPDX-License-Identifier: Apache-2.0
#pragma once
// The only source of processing time. The engine is given one Clock; tests give it a ManualClock
// and move it by hand. Read once per batch, never per record (24 ns a read).

#include "engine/base/ids.h"

namespace sitrep {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall-clock time in microseconds since 1970.
  virtual Micros now() const = 0;
  /// Time that never goes back, in microseconds since an arbitrary point; for durations.
  virtual Micros monotonic() const = 0;
};

/// The machine's clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  Micros now() const override;
  Micros monotonic() const override;
};

/// Stands still until it is moved. Thread-compatible.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Micros start = 0) : now_(start) {}
  Micros now() const override { return now_; }
  Micros monotonic() const override { return now_; }
  void set(Micros now) { now_ = now; }
  void advance(Micros by) { now_ += by; }

 private:
  Micros now_;
};

}  // namespace sitrep
