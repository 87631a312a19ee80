// SPDX-License-Identifier: Apache-2.0
#pragma once
// A log that kills its process, as kill -9 does, at a named point of the protocol: what luck would
// hit once in thousands of kills. Everything else goes to the log behind it. Thread-safe as that.

#include <cstddef>
#include <memory>
#include <string_view>

#include "engine/base/result.h"
#include "engine/log/log.h"

namespace sitrep {

/// Between which two steps of an epoch.
enum class CrashPoint {
  kNone,
  kBeforePrepare,  ///< Outputs are with the broker, the state is not: `before_prepare`.
  kBeforeCommit,   ///< Outputs and state are stored, the positions are not: `before_commit`.
  kAfterCommit,    ///< The broker has committed, the local image knows nothing: `after_commit`.
};

/// kInvalidConfig, naming the points, when there is none of that name.
Result<CrashPoint> crash_point_named(std::string_view name);

/// Dies at `point` of the `epoch`th epoch that commits positions (1: the first).
std::unique_ptr<Log> crash_at(CrashPoint point, std::size_t epoch, std::unique_ptr<Log> log);

}  // namespace sitrep
