// SPDX-License-Identifier: Apache-2.0
#pragma once
// `sitrep tail`: prints what is in a topic, and what comes: alerts as lines for people, other
// records as partition:offset, key, value, headers. Used only by its caller.

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "cli/tail_view.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/base/stop_flag.h"
#include "engine/log/log.h"

namespace sitrep {

struct TailOptions {
  std::string topic = {};
  std::string brokers = "localhost:9092";
  bool from_start = false;
  /// Ends after so many records are shown, those of the list of `view.active` apart; absent: when
  /// stopped.
  std::optional<std::uint64_t> count = {};
  TailViewOptions view = {};
  /// Whether the standard output is one: lines are fitted to it.
  bool terminal = false;
};

/// What else there is to say (how many alerts are up) goes to `notes`.
Result<void> tail(const TailOptions& options, const StopFlag& stop, std::ostream& out,
                  std::ostream& notes);

/// The same over a log that is open.
Result<void> tail(Log& log, const Clock& clock, const TailOptions& options, const StopFlag& stop,
                  std::ostream& out, std::ostream& notes);

}  // namespace sitrep
