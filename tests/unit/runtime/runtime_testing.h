// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of the runtime share: readings of clocks as text, and a job's topology from its
// text. Thread-compatible.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/assemble.h"
#include "config/parse_job.h"
#include "engine/base/text.h"
#include "engine/runtime/topology.h"

namespace sitrep {

/// "name: 25s" per reading, "name: 25s idle" of an idle clock, "name: none" without a row.
inline std::vector<std::string> text_of(const std::vector<ClockReading>& readings,
                                        const ClockTable& clocks) {
  std::vector<std::string> out;
  for (const ClockReading& reading : readings) {
    const std::string watermark = reading.watermark == kMinWatermark
                                      ? "none"
                                      : concat(reading.watermark / kMicrosPerSecond, "s");
    out.push_back(concat(clocks.name(reading.clock), ": ", watermark, reading.idle ? " idle" : ""));
  }
  return out;
}

inline Topology topology_of(std::string_view job) {
  std::vector<ConfigError> errors;
  std::optional<JobSpec> spec = parse_job(job, "job", Environment(), errors);
  ENSURE(spec.has_value(), to_string(errors));
  const FunctionRegistry functions = make_function_registry();
  auto plan = plan_job(*std::move(spec), functions, errors);
  ENSURE(plan.has_value(), to_string(errors));
  return assemble_topology(std::make_shared<const JobPlan>(*std::move(plan)));
}

}  // namespace sitrep
