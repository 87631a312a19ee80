// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes durable deltas to the image, many at a time: entries that change in every epoch are
// written once per flush, and panes that closed meanwhile hardly at all. Deltas are kept until they
// are written: an Error loses nothing, and the next step() tries again.
//
// The caller adds a task's deltas in the order of their epochs, each only after its epoch is
// durable. Used only by its worker (the flusher's own).

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/state/delta.h"
#include "engine/state/image.h"

namespace sitrep {

class Flusher {
 public:
  struct Options {
    /// How long a delta may wait. Longer: fewer writes, more to replay after a crash.
    Micros flush_interval = 5 * kMicrosPerSecond;
    /// Bytes of waiting deltas above which they are written at once.
    std::size_t pending_bytes_max = 32 << 20;
  };

  /// `image` outlives the flusher.
  Flusher(StateImage& image, Options options);

  void add(Delta delta);
  /// So many bytes more than pending_bytes_max may wait, from now on: memory that others leave. It
  /// is taken step by step, and only while most of what waits is dead before it is written: a
  /// write of much needs much memory itself.
  void lend(std::size_t bytes) { lent_ = bytes; }
  /// Makes the next step() write, whatever waits: memory is short, or the process ends.
  void flush_now() { asked_ = true; }
  /// Writes if it is time; whether it did.
  Result<bool> step(Micros now);

  /// The newest epoch in the image of each task that was written since the last call, once each.
  std::vector<std::pair<TaskId, Epoch>> take_flushed();
  /// Bytes of the deltas that wait.
  std::size_t pending_bytes() const { return pending_bytes_; }
  /// More than may wait: the next step writes.
  bool full() const {
    return pending_bytes_ > options_.pending_bytes_max + std::min(lent_, taken_max_);
  }

 private:
  bool due(Micros now);
  void learn_from(std::size_t written_bytes);

  StateImage& image_;
  const Options options_;
  std::vector<Delta> pending_;
  std::size_t pending_bytes_ = 0;
  std::size_t lent_ = 0;
  /// How much of it to take.
  std::size_t taken_max_ = 0;
  /// Writes to come before that may grow.
  int pause_ = 0;
  std::optional<Micros> waiting_since_;  // when step() first saw what is pending
  bool asked_ = false;
  std::vector<std::pair<TaskId, Epoch>> flushed_;
};

}  // namespace sitrep
