// SPDX-License-Identifier: Apache-2.0
#pragma once
// The committer's states and its legal steps, as decision 0006 has them. Plain data.

#include <array>

#include "engine/base/transitions.h"

namespace sitrep {

enum class CommitterState {
  kOpen,         ///< Waits for an epoch to be due.
  kClosing,      ///< Waits for the workers' parts.
  kWriting,      ///< Has all parts; writes and commits them.
  kHandingOver,  ///< Committed; waits for room in the flusher's ring.
  kSettling,     ///< Exactly once: the epoch failed; its transaction is being ended.
  kResting,      ///< Settled; control rebuilds the tasks.
  kFailed,       ///< Control was told of an error that trying again does not mend.
};

inline constexpr std::array kCommitterTransitions = {
    Transition{CommitterState::kOpen, CommitterState::kClosing},
    Transition{CommitterState::kClosing, CommitterState::kWriting},
    Transition{CommitterState::kWriting, CommitterState::kHandingOver},
    Transition{CommitterState::kWriting, CommitterState::kSettling},
    Transition{CommitterState::kSettling, CommitterState::kResting},
    Transition{CommitterState::kHandingOver, CommitterState::kOpen},
    // Control discards what is open.
    Transition{CommitterState::kOpen, CommitterState::kOpen},
    Transition{CommitterState::kClosing, CommitterState::kOpen},
    Transition{CommitterState::kWriting, CommitterState::kOpen},
    Transition{CommitterState::kResting, CommitterState::kOpen},
    Transition{CommitterState::kFailed, CommitterState::kOpen},
    // No way out by trying again.
    Transition{CommitterState::kWriting, CommitterState::kFailed},
    Transition{CommitterState::kSettling, CommitterState::kFailed},
};

}  // namespace sitrep
