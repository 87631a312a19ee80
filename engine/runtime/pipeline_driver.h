// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs a real topology on the memory log with a manual clock, on one thread: what golden cases and
// `sitrep test` use. The test appends records and moves the clock; the driver steps workers,
// committer and flusher until nothing is left to do. It can play a crash (all objects are dropped
// as they are) and go on from the state image, as a restarted process would. Only while a failed
// commit waits for its next try does it move the clock itself. Thread-compatible.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/log/memory_log.h"
#include "engine/runtime/instance.h"

namespace sitrep {

class PipelineDriver {
 public:
  struct Options {
    std::size_t workers = 1;
    std::size_t batch_records_max = 1000;
    /// Where the state image lives; empty: no image, and no crash can be played.
    std::string state_dir;
    /// See InstanceOptions.
    std::optional<std::size_t> state_bytes_max;
    /// Crash after this many batches, again and again; 0: never. Needs state_dir.
    std::size_t crash_every = 0;
    /// Transactional epochs, with state in the log. Needs state_dir.
    bool exactly_once = false;
    /// See InstanceOptions.
    std::size_t snapshot_bytes_min = InstanceOptions().snapshot_bytes_min;
    /// A crash takes the disk along: state comes back from the log alone.
    bool lose_disk = false;
  };

  /// Every input topic must exist in `log`; output topics are made. References outlive the driver.
  PipelineDriver(const Topology& topology, const Options& options, MemoryLog& log,
                 ManualClock& clock);
  ~PipelineDriver();

  /// Reads everything that is in the log now; the epoch may stay open.
  Result<void> read();
  /// Reads and commits everything that is in the log now. To be called before the clock is moved,
  /// and after.
  Result<void> settle();
  /// The end of input: every window closes, held rows are applied, all is committed.
  Result<void> finish();
  /// Drops everything as kill -9 would and starts again.
  Result<void> crash();
  /// Crashes played so far.
  std::size_t crashes() const { return crashes_; }
  MetricsRegistry& metrics() { return metrics_; }

 private:
  Result<void> start();
  /// One step of every part; whether any was busy.
  Result<bool> step_all();
  /// Steps until nothing is left to do; `read`: with crashes, as crash_every says.
  Result<void> run_dry(bool with_crashes);
  /// Commits or crashes, as crash_every says.
  Result<void> after_batch();
  double records_read() const;
  /// Records from outside, and rows that stages send each other. A task that starts says where its
  /// clocks stand, so records alone would be without end when each of them brings a crash.
  double work_read() const;
  /// One more than the highest level of a stage.
  std::size_t levels() const;

  const Topology& topology_;
  const Options options_;
  MemoryLog& log_;
  ManualClock& clock_;
  MetricsRegistry metrics_;
  std::unique_ptr<Instance> instance_;
  std::size_t batches_ = 0;
  std::size_t crashes_ = 0;
};

}  // namespace sitrep
