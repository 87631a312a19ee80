// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a job will do, for people: stages and tasks, what is read and by which rules, what is
// computed and how much state a key costs, what is written where, under which guarantees, and how
// the memory is split. The same plan gives the same text. Thread-safe.

#include <cstddef>
#include <span>
#include <string>

#include "config/plan_job.h"

namespace sitrep {

/// A part of the job's memory, as whoever splits it calls it.
struct MemoryPart {
  std::string name;
  std::size_t bytes = 0;
};

std::string explain(const JobPlan& plan, std::span<const MemoryPart> memory = {});

/// 256MiB, 1.5KiB, 42B: at most one digit behind the point.
std::string format_bytes(std::size_t bytes);

}  // namespace sitrep
