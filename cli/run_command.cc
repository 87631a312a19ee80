// SPDX-License-Identifier: Apache-2.0
#include "cli/run_command.h"

#include <exception>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "cli/status_line.h"
#include "config/assemble.h"
#include "config/assemble_instance.h"
#include "config/explain.h"
#include "engine/base/logging.h"
#include "engine/runtime/engine.h"
#include "engine/state/memory_budget.h"
#include "engine/telemetry/health.h"
#include "engine/telemetry/metrics.h"
#include "engine/telemetry/telemetry_server.h"

namespace sitrep {
namespace {

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

/// One job of the process: what its engine needs, and what scrapes see of it.
class RunningJob {
 public:
  RunningJob(JobPlanPtr plan, const Clock& clock)
      : plan_(std::move(plan)), clock_(clock), health_(clock) {}

  const std::string& name() const { return plan_->spec.job.value; }
  std::size_t memory_bytes() const { return plan_->spec.memory_bytes; }
  const std::optional<std::string>& listen() const { return plan_->spec.metrics_listen; }
  ObservedJob observed() const {
    return {.name = name(), .metrics = &metrics_, .health = &health_};
  }

  Result<void> run(const RunOptions& options, const std::function<void()>& on_beat,
                   const StopFlag& stop) {
    ASSIGN_OR_RETURN(const InstanceOptions instance,
                     assemble_instance_options(plan_->spec, options.bounded));
    ASSIGN_OR_RETURN(const std::unique_ptr<Log> log,
                     open_log(plan_->spec, options.bounded, clock_));
    const Topology topology = assemble_topology(plan_);
    log_info("job ", name(), ": reading from ", log->description(), ", ", instance.workers,
             " workers, state in ", instance.state_dir);
    Engine engine(topology, {.instance = instance}, *log, clock_, metrics_);
    StatusLine status(metrics_, clock_, windows_of_topic(*plan_, topology));
    engine.set_on_beat([&] {
      health_.beat();
      on_beat();
      if (stop.requested()) health_.enter(Health::Stage::kEnding);
    });
    engine.set_on_ready([&] {
      health_.enter(Health::Stage::kReading);
      log_info("job ", name(), ": ready");
    });
    engine.set_on_long_rest(options.on_long_rest);
    engine.set_on_status([&] { log_info("job ", name(), ": ", status.next()); });
    TRY(engine.run(stop));
    log_info("job ", name(), ": ended in order; ", status.last());
    return {};
  }

 private:
  const JobPlanPtr plan_;
  const Clock& clock_;
  MetricsRegistry metrics_;
  Health health_;
};

using RunningJobs = std::vector<std::unique_ptr<RunningJob>>;

/// One server per address that the jobs name; none where they say off. A taken default port does
/// not stop a job: it takes any other.
Result<std::vector<std::unique_ptr<TelemetryServer>>> serve_telemetry(const RunningJobs& jobs) {
  std::map<std::string, std::vector<ObservedJob>> by_address;
  for (const auto& job : jobs) {
    if (job->listen()) by_address[*job->listen()].push_back(job->observed());
  }
  std::vector<std::unique_ptr<TelemetryServer>> servers;
  for (const auto& [address, observed] : by_address) {
    auto server = TelemetryServer::start(address, observed);
    if (!server && address == kDefaultMetricsListen) {
      log_warning(server.error().message(), "; taking any port");
      server = TelemetryServer::start("127.0.0.1:0", observed);
    }
    if (!server) return std::move(server).error();
    log_info("metrics and health at http://", (*server)->address(), "/metrics");
    servers.push_back(*std::move(server));
  }
  return servers;
}

Result<void> check_names(const std::vector<JobPlanPtr>& plans) {
  std::set<std::string> names;
  for (const JobPlanPtr& plan : plans) {
    const std::string& name = plan->spec.job.value;
    if (names.insert(name).second) continue;
    return invalid_config(concat("two of these jobs are called '", name, "': topics, group and "
                                 "state of a job have its name; give each its own"));
  }
  return {};
}

/// The plans with their part of `bytes` as their memory.
Result<std::vector<JobPlanPtr>> share_memory(const std::vector<JobPlanPtr>& plans,
                                             std::size_t bytes) {
  double wanted = 0;
  for (const JobPlanPtr& plan : plans) wanted += static_cast<double>(plan->spec.memory_bytes);
  std::vector<JobPlanPtr> out;
  for (const JobPlanPtr& plan : plans) {
    const double part = static_cast<double>(plan->spec.memory_bytes) / wanted;
    const auto mine = static_cast<std::size_t>(static_cast<double>(bytes) * part);
    if (mine < kJobMemoryMin) {
      return invalid_config(concat("--memory ", format_bytes(bytes), " leaves job '",
                                   plan->spec.job.value, "' ", format_bytes(mine),
                                   "; a job needs ", format_bytes(kJobMemoryMin)));
    }
    auto shared = std::make_shared<JobPlan>(*plan);
    shared->spec.memory_bytes = mine;
    log_info("job ", plan->spec.job.value, ": ", format_bytes(mine), " of ", format_bytes(bytes));
    out.push_back(std::move(shared));
  }
  return out;
}

std::size_t memory_of(const RunningJobs& jobs) {
  std::size_t bytes = 0;
  for (const auto& job : jobs) bytes += job->memory_bytes();
  return bytes;
}

/// Runs each job on a thread of its own; their outcomes, in order.
std::vector<Result<void>> run_side_by_side(const RunningJobs& jobs, const RunOptions& options,
                                           const std::function<void()>& on_beat, StopFlag& stop) {
  std::vector<Result<void>> outcomes(jobs.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    threads.emplace_back([&, i] {
      try {
        outcomes[i] = jobs[i]->run(options, on_beat, stop);
      } catch (const std::exception& thrown) {
        outcomes[i] = internal_error(concat("a library threw: ", thrown.what()));
      }
      if (outcomes[i]) return;
      if (jobs.size() > 1) log_error("job ", jobs[i]->name(), ": ", outcomes[i].error().message());
      stop.request();
    });
  }
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

}  // namespace

Result<void> run_jobs(std::vector<JobPlanPtr> plans, const RunOptions& options, StopFlag& stop) {
  TRY(check_names(plans));
  if (options.memory_bytes) {
    ASSIGN_OR_RETURN(plans, share_memory(plans, *options.memory_bytes));
  }
  const SystemClock clock;
  RunningJobs jobs;
  for (JobPlanPtr& plan : plans) {
    jobs.push_back(std::make_unique<RunningJob>(std::move(plan), clock));
  }
  ASSIGN_OR_RETURN(const auto servers, serve_telemetry(jobs));
  const auto on_beat = [&options, bytes = memory_of(jobs)] {
    if (options.on_beat) options.on_beat(bytes);
  };
  const std::vector<Result<void>> outcomes = run_side_by_side(jobs, options, on_beat, stop);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (outcomes[i]) continue;
    Error error = outcomes[i].error();
    if (jobs.size() == 1) return error;
    return std::move(error).with_context(concat("job ", jobs[i]->name()));
  }
  return {};
}

}  // namespace sitrep
