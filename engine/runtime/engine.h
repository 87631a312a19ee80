// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs an instance of a job until it is asked to stop, fails, or (bounded) is finished. Gives
// workers, committer and flusher a thread each; control runs on the caller's. The end is one
// sentence: stop sources → drain → final epoch → write the image → close sinks → join. Used only by
// its caller.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/stop_flag.h"
#include "engine/runtime/instance.h"

namespace sitrep {

class Engine {
 public:
  struct Options {
    InstanceOptions instance;
    /// How often `on_status` is called.
    Micros status_interval = 10 * kMicrosPerSecond;
    /// Leave the group at the end, so that others take over at once.
    bool leave_group = true;
  };

  /// All references outlive the engine.
  Engine(const Topology& topology, const Options& options, Log& log, const Clock& clock,
         MetricsRegistry& metrics);
  ~Engine();

  /// Called on the control thread: when the first partitions are read, and every status_interval.
  void set_on_ready(std::function<void()> on_ready) { on_ready_ = std::move(on_ready); }
  /// Called each time the control thread goes round, restores included: the process is alive.
  void set_on_beat(std::function<void()> on_beat) { on_beat_ = std::move(on_beat); }
  /// Called on the thread of a worker, the committer or the flusher when it had nothing to do for a
  /// quarter of a second: time to give memory back.
  void set_on_long_rest(std::function<void()> on_long_rest) {
    on_long_rest_ = std::move(on_long_rest);
  }
  void set_on_status(std::function<void()> on_status) { on_status_ = std::move(on_status); }

  /// Returns when `stop` is requested or a bounded run is finished, after ending in order; or an
  /// Error. A log that cannot be reached at the start is waited for, with a line in the log. What
  /// passes by starting over (a member that the group has thrown out) is started over, and a
  /// damaged image is set aside, once, and rebuilt where the log keeps state. Where the last epoch
  /// cannot be committed within 20 s of a stop, it is given up: the next start reads it again.
  Result<void> run(const StopFlag& stop);

 private:
  /// One life of an instance, from joining the group to its end.
  Result<void> run_instance(const StopFlag& stop);
  bool state_is_in_the_log() const;
  Result<std::unique_ptr<Instance>> start(const StopFlag& stop);
  Result<void> control(Instance& instance, const StopFlag& stop);
  /// Retriable kUnavailable when a stop has been waited for long enough.
  Result<void> check_patience(const StopFlag& stop);

  const Topology& topology_;
  const Options options_;
  Log& log_;
  const Clock& clock_;
  MetricsRegistry& metrics_;
  std::optional<Micros> stopping_since_;
  std::function<void()> on_ready_;
  std::function<void()> on_beat_;
  std::function<void()> on_long_rest_;
  std::function<void()> on_status_;
};

}  // namespace sitrep
