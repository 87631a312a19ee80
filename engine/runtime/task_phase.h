// SPDX-License-Identifier: Apache-2.0
#pragma once
// A task's life from the assignment to the worker, and its legal steps, as decision 0006 has them.
// Plain data.

#include <array>

#include "engine/base/transitions.h"

namespace sitrep {

enum class TaskPhase {
  kWaiting,    ///< Its committed position is not known yet.
  kReplaying,  ///< The image is brought to where the state log stands.
  kLoading,    ///< Its tables are filled from the image.
  kRunning,    ///< A worker has it.
};

inline constexpr std::array kTaskTransitions = {
    Transition{TaskPhase::kWaiting, TaskPhase::kReplaying},
    Transition{TaskPhase::kWaiting, TaskPhase::kLoading},
    Transition{TaskPhase::kReplaying, TaskPhase::kLoading},
    Transition{TaskPhase::kLoading, TaskPhase::kRunning},
};

}  // namespace sitrep
