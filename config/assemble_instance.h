// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a job file says about running it: the log that it names, and the options of an instance.
// Thread-compatible.

#include <memory>

#include "config/job_spec.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/log/log.h"
#include "engine/runtime/instance.h"

namespace sitrep {

/// What the job file says about running it; `bounded` from the command line. Makes and reads
/// `<state_dir>/instance` when the job names no instance; kUnavailable when that cannot be done.
Result<InstanceOptions> assemble_instance_options(const JobSpec& spec, bool bounded);

/// Opens the Kafka cluster or directory that the job names. `clock` outlives the log.
Result<std::unique_ptr<Log>> open_log(const JobSpec& spec, bool bounded, const Clock& clock);

}  // namespace sitrep
