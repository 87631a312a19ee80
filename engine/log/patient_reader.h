// SPDX-License-Identifier: Apache-2.0
#pragma once
// A reader outside groups that does not take a refusal on trust: it asks what the log holds, and
// reads on when that is what was refused. librdkafka may tell a reader what a thread has learnt for
// one of the same partition that has just ended, and reads no further. Used only by the log's
// owner.

#include <memory>

#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

/// Reads from `start` on. An error of its read() is the log's: of an offset before the log's begin,
/// or of one that it refuses again and again. `log` outlives the reader.
Result<std::unique_ptr<PartitionReader>> open_patient_reader(Log& log, const StartPosition& start);

}  // namespace sitrep
