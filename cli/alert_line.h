// SPDX-License-Identifier: Apache-2.0
#pragma once
// An alert as one line for people: severity, time, age, change, alert, key, group, text. Texts of
// records are escaped, so that they cannot touch the terminal. The columns are as wide as the
// widest cell so far, which the caller keeps (AlertColumns): what comes is not known before.
// Functions only; thread-safe.

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "cli/topic_alert.h"
#include "engine/base/ids.h"

namespace sitrep {

struct AlertLineOptions {
  bool colour = false;
  /// Columns of the terminal: names are shortened, then the text, so that a line fits. Absent:
  /// nothing is cut.
  std::optional<std::size_t> columns = {};
  /// A second line for what is to be done, not cut, while the alert is not cleared.
  bool advice = false;
};

/// Widths of severity, time, age, change, alert, key and group.
struct AlertColumns {
  std::array<std::size_t, 7> widths = {8, 8, 6, 7, 8, 6, 1};
};
/// The columns as this alert needs them; a cell wider than 28 columns sticks out, for itself.
AlertColumns widen(AlertColumns columns, const TopicAlert& alert, Micros now);

/// `critical  10:15:04  4 min  raised  generator_overheating  north-gen-2  CAMP-03  coolant at …`.
/// Times are UTC, with the date unless it is that of `now`. The age is that of the alert until
/// `now`; of a cleared one, how long it was up.
std::string format_alert(const TopicAlert& alert, Micros now, const AlertColumns& columns,
                         const AlertLineOptions& options);

/// 12 s, 4 min, 3 h 10 min, 2 d 5 h: what is smaller is cut off; of a time to come 0 s.
std::string format_age(Micros age);

}  // namespace sitrep
