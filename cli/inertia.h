// SPDX-License-Identifier: Apache-2.0
#pragma once
// A quantity that goes towards a target and never jumps: what a coolant, an air or a store does.
// Thread-compatible.

#include <cmath>

namespace sitrep {

class Inertia {
 public:
  /// Two thirds of the way are gone after `seconds`.
  Inertia(double start, double seconds) : value_(start), seconds_(seconds) {}

  double follow(double target, double step) {
    value_ += (target - value_) * (1 - std::exp(-step / seconds_));
    return value_;
  }

 private:
  double value_;
  double seconds_;
};

}  // namespace sitrep
