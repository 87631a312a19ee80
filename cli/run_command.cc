// SPDX-License-Identifier: Apache-2.0
#include "cli/run_command.h"

#include <utility>

#include "cli/status_line.h"
#include "config/assemble.h"
#include "engine/base/logging.h"
#include "engine/runtime/engine.h"
#include "engine/telemetry/health.h"
#include "engine/telemetry/metrics.h"
#include "engine/telemetry/telemetry_server.h"

namespace sitrep {
namespace {

/// Null when the job says off. A taken default port does not stop a job: it takes any other.
Result<std::unique_ptr<TelemetryServer>> serve_telemetry(const JobSpec& spec,
                                                         const MetricsRegistry& metrics,
                                                         const Health& health) {
  if (!spec.metrics_listen) return std::unique_ptr<TelemetryServer>();
  auto server = TelemetryServer::start(*spec.metrics_listen, metrics, health);
  if (!server && *spec.metrics_listen == kDefaultMetricsListen) {
    log_warning(server.error().message(), "; taking any port");
    server = TelemetryServer::start("127.0.0.1:0", metrics, health);
  }
  if (server) log_info("metrics and health at http://", (*server)->address(), "/metrics");
  return server;
}

WindowsOfTopic windows_of_topic(const JobPlan& plan, const Topology& topology) {
  WindowsOfTopic windows;
  for (std::size_t i = 0; i < topology.stages.size(); ++i) {
    std::vector<std::string> streams;
    for (const std::size_t stream : plan.stages[i].streams) {
      if (plan.streams[stream].late) streams.push_back(plan.streams[stream].name);
    }
    if (streams.empty()) continue;
    for (const SourceNode& source : topology.stages[i].sources) {
      if (source.loads_first) continue;  // no window waits for a table
      for (const std::string& topic : source.topics) windows[topic] = streams;
    }
  }
  return windows;
}

}  // namespace

Result<void> run_job(std::shared_ptr<const JobPlan> plan, const RunOptions& options,
                     const StopFlag& stop) {
  const SystemClock clock;
  MetricsRegistry metrics;
  Health health(clock);
  ASSIGN_OR_RETURN(const auto server, serve_telemetry(plan->spec, metrics, health));
  ASSIGN_OR_RETURN(const InstanceOptions instance,
                   assemble_instance_options(plan->spec, options.bounded));
  ASSIGN_OR_RETURN(const std::unique_ptr<Log> log, open_log(plan->spec, options.bounded, clock));
  const Topology topology = assemble_topology(plan);
  log_info("job ", topology.job, ": reading from ", log->description(), ", ", instance.workers,
           " workers, state in ", instance.state_dir);
  Engine engine(topology, {.instance = instance}, *log, clock, metrics);
  StatusLine status(metrics, clock, windows_of_topic(*plan, topology));
  engine.set_on_beat([&] {
    health.beat();
    if (stop.requested()) health.enter(Health::Stage::kEnding);
  });
  engine.set_on_ready([&] {
    health.enter(Health::Stage::kReading);
    log_info("job ", topology.job, ": ready");
  });
  engine.set_on_status([&] { log_info(status.next()); });
  TRY(engine.run(stop));
  log_info("job ", topology.job, ": ended in order; ", status.next());
  return {};
}

}  // namespace sitrep
