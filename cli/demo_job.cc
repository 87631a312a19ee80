// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_job.h"

#include <exception>
#include <utility>
#include <vector>

#include "cli/demo_jobs.h"
#include "config/assemble.h"
#include "config/assemble_instance.h"
#include "config/parse_job.h"
#include "engine/base/text.h"
#include "engine/runtime/engine.h"

namespace sitrep {

Result<std::unique_ptr<DemoJob>> DemoJob::make(const Options& options) {
  const std::string_view text = demo_job_file(options.scenario);
  if (text.empty()) {
    return invalid_config(
        concat("there is no scenario '", options.scenario, "'; known: camp, fleet, both"));
  }
  const Environment environment{{"SITREP_BROKERS", options.brokers}};
  // One worker, little memory, and no port taken: the demonstration is a guest on this machine. Its
  // broker only pretends transactions.
  const std::vector<std::string> overrides = {concat("state_dir=", options.state_dir),
                                              "metrics.listen=off", "memory=64MiB", "workers=1",
                                              "commit_interval=50ms", "delivery=at_least_once"};
  std::vector<ConfigError> errors;
  auto spec = parse_job(text, concat("config/jobs/", options.scenario, ".yaml"), environment,
                        errors, overrides);
  std::optional<JobPlan> plan;
  if (spec) plan = plan_job(*std::move(spec), make_function_registry(), errors);
  if (!plan) {
    return internal_error(concat("the job of the demonstration:\n", to_string(std::move(errors))));
  }
  return std::unique_ptr<DemoJob>(
      new DemoJob(std::make_shared<const JobPlan>(*std::move(plan))));
}

DemoJob::DemoJob(std::shared_ptr<const JobPlan> plan)
    : plan_(std::move(plan)), topology_(assemble_topology(plan_)) {}

DemoJob::~DemoJob() {
  stop_.request();
  if (thread_.joinable()) thread_.join();
}

void DemoJob::start(Log& log, const Clock& clock) {
  thread_ = std::thread([this, &log, &clock] {
    try {
      say({.outcome = run(log, clock)});
    } catch (const std::exception& thrown) {
      say({.outcome = internal_error(concat("a library threw: ", thrown.what()))});
    }
  });
}

Result<void> DemoJob::run(Log& log, const Clock& clock) {
  ASSIGN_OR_RETURN(const InstanceOptions instance,
                   assemble_instance_options(plan_->spec, /*bounded=*/false));
  Engine engine(topology_, {.instance = instance}, log, clock, metrics_);
  engine.set_on_ready([this] { say({.outcome = std::nullopt}); });
  return engine.run(stop_);
}

void DemoJob::say(Report report) {
  ENSURE(reports_.try_push(report), "an engine is ready once and ends once");
}

void DemoJob::listen() {
  while (auto report = reports_.try_pop()) {
    if (report->outcome) outcome_ = std::move(report->outcome);
    else ready_ = true;
  }
}

bool DemoJob::ready() {
  listen();
  return ready_;
}

std::optional<Result<void>> DemoJob::ended() {
  listen();
  return outcome_;
}

Result<void> DemoJob::join() {
  if (thread_.joinable()) thread_.join();
  listen();
  return outcome_.value_or(Result<void>());
}

}  // namespace sitrep
