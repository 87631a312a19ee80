// SPDX-License-Identifier: Apache-2.0
#pragma once
// Takes the state of a job that does not run back: of one stream, with the positions as they are,
// or of all stages, which then begin where their sources say (`start:`). What is written is one
// epoch like any other, so a reset is done or not done. Used only by its caller's thread.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/log/log.h"
#include "engine/runtime/topology.h"

namespace sitrep {

struct ResetOptions {
  std::string group;
  std::string instance;
  std::string state_dir;
  /// Nothing: everything.
  std::optional<std::string> stream;
  /// False: only says what would be done.
  bool apply = false;
  /// Called while the group is waited for.
  std::function<void()> idle;
};

/// What is (or would be) done, a sentence each. kInvalidConfig when there is no such stream, or
/// while other instances of the job hold partitions.
Result<std::vector<std::string>> reset_state(const Topology& topology, const ResetOptions& options,
                                             Log& log, const Clock& clock);

}  // namespace sitrep
