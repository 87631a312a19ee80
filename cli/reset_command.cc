// SPDX-License-Identifier: Apache-2.0
#include "cli/reset_command.h"

#include <chrono>
#include <thread>

#include "config/assemble.h"
#include "config/assemble_instance.h"
#include "engine/runtime/reset_state.h"

namespace sitrep {
namespace {

constexpr std::chrono::milliseconds kPause(50);

}  // namespace

Result<void> reset_job(std::shared_ptr<const JobPlan> plan, const ResetCommandOptions& options,
                       std::ostream& out) {
  const SystemClock clock;
  ASSIGN_OR_RETURN(const InstanceOptions instance,
                   assemble_instance_options(plan->spec, /*bounded=*/false));
  ASSIGN_OR_RETURN(const std::unique_ptr<Log> log, open_log(plan->spec, /*bounded=*/false, clock));
  const Topology topology = assemble_topology(plan);
  ASSIGN_OR_RETURN(const auto lines, reset_state(topology,
                                                 {.group = instance.group,
                                                  .instance = instance.instance,
                                                  .state_dir = instance.state_dir,
                                                  .stream = options.stream,
                                                  .apply = options.yes,
                                                  .pause =
                                                      [] { std::this_thread::sleep_for(kPause); }},
                                                 *log, clock));
  for (const std::string& line : lines) out << line << '\n';
  if (lines.empty()) out << "there is no state to drop\n";
  out << (options.yes ? "done\n" : "nothing is done yet; say --yes to do it\n");
  return {};
}

}  // namespace sitrep
