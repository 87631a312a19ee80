// SPDX-License-Identifier: Apache-2.0
#include "cli/run_command.h"

#include <utility>

#include "cli/status_line.h"
#include "config/assemble.h"
#include "engine/base/logging.h"
#include "engine/runtime/engine.h"
#include "engine/telemetry/metrics.h"

namespace sitrep {

Result<void> run_job(std::shared_ptr<const JobPlan> plan, const RunOptions& options,
                     const StopFlag& stop) {
  const SystemClock clock;
  MetricsRegistry metrics;
  ASSIGN_OR_RETURN(const InstanceOptions instance,
                   assemble_instance_options(plan->spec, options.bounded));
  ASSIGN_OR_RETURN(const std::unique_ptr<Log> log,
                   open_log(plan->spec, options.bounded, clock));
  const Topology topology = assemble_topology(plan);
  log_info("job ", topology.job, ": reading from ", log->description(), ", ", instance.workers,
           " workers, state in ", instance.state_dir);
  Engine engine(topology, {.instance = instance}, *log, clock, metrics);
  StatusLine status(metrics, clock);
  engine.set_on_ready([&] { log_info("job ", topology.job, ": ready"); });
  engine.set_on_status([&] { log_info(status.next()); });
  TRY(engine.run(stop));
  log_info("job ", topology.job, ": ended in order; ", status.next());
  return {};
}

}  // namespace sitrep
