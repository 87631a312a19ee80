// SPDX-License-Identifier: Apache-2.0
#pragma once
// The properties of a job's `kafka:` block as librdkafka gets them. A value `file:PATH` is read
// from that file when the job starts, so that neither the job file nor the environment holds a
// secret. No message says what such a file holds. Function only; thread-safe.

#include <map>
#include <string>

#include "config/job_spec.h"
#include "engine/base/result.h"

namespace sitrep {

/// Each property's value; of a file without the line end behind its last line. kInvalidConfig names
/// every file that cannot be read, with the property and its place in the job file.
Result<std::map<std::string, std::string>> read_kafka_properties(const JobSpec& job);

}  // namespace sitrep
