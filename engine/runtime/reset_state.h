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
  /// Lets a moment pass; called while the group is waited for.
  std::function<void()> pause;
};

/// What is (or would be) done, a sentence each. A job that runs is not disturbed: kInvalidConfig
/// naming its instances when some are still there after a minute (a dead one's session may last
/// that long), kUnavailable when the state image is open here. kInvalidConfig too when there is no
/// such stream.
Result<std::vector<std::string>> reset_state(const Topology& topology, const ResetOptions& options,
                                             Log& log, const Clock& clock);

}  // namespace sitrep
