// SPDX-License-Identifier: Apache-2.0
// crashing POINT EPOCH JOB [--set path=value]…: runs a job as `sitrep run` does, and dies at the
// point (crash_points.h) of the EPOCHth epoch. Exit code 2: wrong arguments, 3: the world failed.
#include <iostream>
#include <string>

#include "cli/job_loading.h"
#include "config/assemble.h"
#include "config/assemble_instance.h"
#include "engine/base/stop_flag.h"
#include "engine/runtime/engine.h"
#include "tests/torture/crash_points.h"

namespace sitrep {
namespace {

constexpr int kInputWrong = 2;
constexpr int kWorldFailed = 3;

Result<void> run(CrashPoint point, std::size_t epoch, std::shared_ptr<const JobPlan> plan) {
  const SystemClock clock;
  const StopFlag stop;
  MetricsRegistry metrics;
  ASSIGN_OR_RETURN(const InstanceOptions instance,
                   assemble_instance_options(plan->spec, /*bounded=*/false));
  ASSIGN_OR_RETURN(auto kafka, open_log(plan->spec, /*bounded=*/false, clock));
  const auto log = crash_at(point, epoch, std::move(kafka));
  const Topology topology = assemble_topology(std::move(plan));
  Engine engine(topology, {.instance = instance}, *log, clock, metrics);
  return engine.run(stop);
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 3) {
    std::cerr << "crashing POINT EPOCH JOB [--set path=value]…\n";
    return kInputWrong;
  }
  const auto point = crash_point_named(arguments[0]);
  if (!point) {
    std::cerr << point.error().message() << '\n';
    return kInputWrong;
  }
  JobSource job{.path = arguments[2], .overrides = {}};
  for (std::size_t i = 4; i < arguments.size(); i += 2) job.overrides.push_back(arguments[i]);
  const auto plan = load_job(job, std::cerr);
  if (!plan || *plan == nullptr) return kInputWrong;
  const auto ended = run(*point, std::stoul(arguments[1]), *plan);
  std::cerr << (ended ? "it ended by itself" : ended.error().message()) << '\n';
  return kWorldFailed;
}

}  // namespace
}  // namespace sitrep

int main(int argc, char** argv) {
  return sitrep::run(std::vector<std::string>(argv + 1, argv + argc));
}
