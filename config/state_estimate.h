// SPDX-License-Identifier: Apache-2.0
#pragma once
// How much memory a key of a stream or alert costs, roughly: what `explain` shows, so that somebody
// can multiply it by the number of vehicles. Texts are taken to have kTextBytes. Thread-safe.

#include <cstddef>

#include "config/plan_job.h"

namespace sitrep {

/// A name or an id in camp and fleet telemetry.
inline constexpr std::size_t kTextBytes = 16;
/// Hash table entry, marks and allocation of a row in a state table.
inline constexpr std::size_t kRowOverheadBytes = 48;
/// Phase, times and two texts of an alert's key.
inline constexpr std::size_t kAlertRowBytes = 96;
/// A key's last row, and what one function across rows remembers of it.
inline constexpr std::size_t kHistoryRowBytes = 32;
inline constexpr std::size_t kCallMemoryBytes = 96;

/// Accumulators of one group.
std::size_t accumulator_bytes(const sql::Grouping& grouping);
/// One group in one pane (a slide of its window).
std::size_t group_bytes(const sql::Grouping& grouping);
/// Panes of a group that are open at once when rows come in order.
std::size_t open_panes(const sql::Window& window);
/// One key of an alert that reads rows of `row`.
std::size_t alert_key_bytes(const AlertPlan& alert, const Schema& row);

}  // namespace sitrep
