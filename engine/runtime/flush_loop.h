// SPDX-License-Identifier: Apache-2.0
#pragma once
// The flusher's place between the rings: takes durable deltas from the committer, lets the Flusher
// write the image when it is time, and tells workers which epochs of their tasks the image now
// holds. Used only by its thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/runtime/messages.h"
#include "engine/state/flusher.h"
#include "engine/state/snapshot_walk.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

class FlushLoop {
 public:
  /// Which worker owns a task.
  using WorkerOf = std::function<WorkerRings&(TaskId)>;

  /// Bytes of the tables' memory that nothing uses now.
  using UnusedMemory = std::function<std::size_t()>;

  /// All references outlive the loop.
  FlushLoop(StateImage& image, Flusher::Options options, const Clock& clock, InstanceRings& rings,
            WorkerOf worker_of, UnusedMemory unused, MetricsRegistry& metrics);

  /// Does what can be done now; false when there was nothing. A write that fails is tried again,
  /// unless trying again cannot mend it: then control is told, once.
  bool step();

 private:
  bool take_deltas();
  void begin_snapshot(const TakeSnapshot& wanted);
  /// Reads the next chunk, unless one still waits.
  Result<void> prepare_chunk();
  void give_up(std::uint64_t number);
  /// Hands the committer what waits for it, if there is room; whether it did.
  bool hand_over();
  void fail(Error error);
  void publish_memory(Micros now);

  /// A snapshot on its way.
  struct Snapshot {
    std::uint64_t number;
    std::unique_ptr<SnapshotWalk> walk;
    std::uint32_t part = 0;
    /// Read ahead by one, to know which is the last.
    std::optional<std::string> next;
  };

  StateImage& image_;
  Flusher flusher_;
  const Clock& clock_;
  InstanceRings& rings_;
  const WorkerOf worker_of_;
  const UnusedMemory unused_;
  std::optional<Snapshot> snapshot_;
  std::optional<FlusherToCommitter> answer_;  // waits for room
  bool answer_due_ = false;
  bool failed_ = false;
  Micros retry_at_ = 0;
  Gauge& pending_bytes_;
  Counter& flushes_;
  Micros publish_at_ = 0;
  Gauge& memtable_bytes_;
  Gauge& cache_bytes_;
  Gauge& reader_bytes_;
};

}  // namespace sitrep
