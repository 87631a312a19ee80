// SPDX-License-Identifier: Apache-2.0
#pragma once
// Random numbers that are the same on every machine for the same seed (the standard library's
// distributions are not): SplitMix64 (Steele, Lea and Flood, 2014; public domain). For made-up
// telemetry only. Thread-compatible.

#include <cstdint>

namespace sitrep {

class SeededRandom {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  /// From 0 to below 1.
  double fraction() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  double between(double low, double high) { return low + (high - low) * fraction(); }
  bool chance(double probability) { return fraction() < probability; }
  /// Bell-shaped around 0, within ±3 · `spread`.
  double noise(double spread) {
    return spread * 2 * (fraction() + fraction() + fraction() - 1.5);
  }

 private:
  std::uint64_t state_;
};

}  // namespace sitrep
