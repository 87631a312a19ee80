// SPDX-License-Identifier: Apache-2.0
#pragma once
// The real runtime on the memory log, all of it on one thread that a seed decides about: which part
// of which process steps next, what fails, who crashes, is stopped past its session, joins or
// leaves. At the end every result must be there once. A seed gives the same run each time.
// Thread-compatible.

#include <string>

#include "tests/fault/simulated_job.h"

namespace sitrep {

/// Mistakes that the simulation must find; they live here, not in the product.
enum class PlantedBug {
  kNone,
  /// Positions are committed in a transaction of their own, before the records.
  kOffsetsBeforeState,
  /// State records are written after the transaction, outside of it.
  kStateOutsideTransaction,
  /// A restore takes the last stable offset for the end of the state.
  kRestoreToLastStable,
  /// The membership is looked up at the commit, not kept from the assignment.
  kGenerationAtCommit,
  /// The state log is trimmed to the snapshot's first chunk, deltas behind its image included.
  kTrimBehindImage,
};

/// Empty when all is right; else what is wrong, and what led there.
std::string simulate(unsigned seed, SimulatedJob job = SimulatedJob::kCoPartitioned,
                     PlantedBug bug = PlantedBug::kNone);

}  // namespace sitrep
