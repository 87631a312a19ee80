// SPDX-License-Identifier: Apache-2.0
#pragma once
// What probes ask: has the process started, is its control loop alive, does it do its work. Written
// by the control thread, read by the HTTP threads. Says nothing of brokers or lag in liveness: a
// restart would not heal those. Thread-safe.

#include <atomic>
#include <cstdint>
#include <string>

#include "engine/base/clock.h"

namespace sitrep {

class Health {
 public:
  /// Longest silence of the control loop before the process counts as stuck. A restore beats too.
  static constexpr Micros kBeatEvery = 30 * kMicrosPerSecond;

  enum class Stage : std::uint8_t { kStarting, kReading, kEnding };

  /// `clock` outlives this.
  explicit Health(const Clock& clock) : clock_(clock), beat_at_(clock.monotonic()) {}

  /// The control loop went round.
  void beat() { beat_at_.store(clock_.monotonic(), std::memory_order_relaxed); }
  void enter(Stage stage) { stage_.store(stage, std::memory_order_relaxed); }

  bool live() const {
    return clock_.monotonic() - beat_at_.load(std::memory_order_relaxed) <= kBeatEvery;
  }
  bool ready() const { return stage() == Stage::kReading; }
  Stage stage() const { return stage_.load(std::memory_order_relaxed); }
  /// Why it is not ready, or that it is: a JSON object of one line.
  std::string text() const;

 private:
  const Clock& clock_;
  std::atomic<Micros> beat_at_;
  std::atomic<Stage> stage_{Stage::kStarting};
};

}  // namespace sitrep
