// SPDX-License-Identifier: Apache-2.0
#pragma once
// `sitrep run`: runs planned jobs against their logs until they are stopped, or (bounded) finished,
// with metrics and health over HTTP and a status line in the log. Several jobs run side by side in
// one process, each as if it were alone, and may share one memory number. Used only by its caller.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "config/plan_job.h"
#include "engine/base/result.h"
#include "engine/base/stop_flag.h"

namespace sitrep {

struct RunOptions {
  bool bounded = false;
  /// What all jobs together may use, split as their own `memory:` figures are to each other;
  /// absent: each uses its own.
  std::optional<std::size_t> memory_bytes;
  /// Engine::set_on_long_rest.
  std::function<void()> on_long_rest = {};
  /// Called every few milliseconds with the bytes that all jobs together may use.
  std::function<void(std::size_t memory_bytes)> on_beat = {};
};

using JobPlanPtr = std::shared_ptr<const JobPlan>;

/// Returns when all have ended. When one fails, the others are asked to end in order (`stop`), and
/// its Error is returned. kInvalidConfig when two have one name, or one would have too little
/// memory.
Result<void> run_jobs(std::vector<JobPlanPtr> plans, const RunOptions& options, StopFlag& stop);

}  // namespace sitrep
