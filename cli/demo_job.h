// SPDX-License-Identifier: Apache-2.0
#pragma once
// One job of the demonstration: its plan, its metrics, and its engine on a thread of its own, which
// reports over a ring when it is ready and when it has ended. Used only by its caller.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "config/plan_job.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/base/spsc_ring.h"
#include "engine/base/stop_flag.h"
#include "engine/log/log.h"
#include "engine/runtime/topology.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

class DemoJob {
 public:
  struct Options {
    /// camp or fleet.
    std::string scenario;
    std::string brokers;
    std::string state_dir;
  };

  static Result<std::unique_ptr<DemoJob>> make(const Options& options);
  /// Stops and joins.
  ~DemoJob();

  const JobPlan& plan() const { return *plan_; }
  const MetricsRegistry& metrics() const { return metrics_; }

  /// Both outlive the job.
  void start(Log& log, const Clock& clock);
  /// Whether the first partitions are read.
  bool ready();
  /// How the engine ended; nothing while it runs.
  std::optional<Result<void>> ended();
  void request_stop() { stop_.request(); }
  /// Waits for the end in order; its outcome.
  Result<void> join();

 private:
  struct Report {
    /// Nothing: ready.
    std::optional<Result<void>> outcome;
  };

  explicit DemoJob(std::shared_ptr<const JobPlan> plan);
  Result<void> run(Log& log, const Clock& clock);
  void say(Report report);
  void listen();

  const std::shared_ptr<const JobPlan> plan_;
  const Topology topology_;
  MetricsRegistry metrics_;
  StopFlag stop_;
  SpscRing<Report> reports_{2};  // ready, ended
  std::thread thread_;
  bool ready_ = false;
  std::optional<Result<void>> outcome_;
};

}  // namespace sitrep
