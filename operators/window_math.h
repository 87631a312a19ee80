// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which windows and panes an instant belongs to. Windows are [start, start + width), aligned to
// 1970 plus offset, one every slide; a pane is one slide long and named by its end. width is a
// multiple of slide, so window ends and pane ends lie on one grid. Thread-safe (const throughout).

#include <limits>

#include "engine/base/ids.h"
#include "engine/sql/query.h"

namespace sitrep {

class WindowMath {
 public:
  explicit WindowMath(const sql::Window& window) : window_(window) {}

  Micros width() const { return window_.width; }
  Micros offset() const { return window_.offset; }
  bool tumbling() const { return window_.width == window_.slide; }

  /// End of the pane that holds `time`.
  Micros pane_end(Micros time) const {
    const Micros shifted = time - window_.offset;
    const Micros into = shifted % window_.slide;
    return time - (into < 0 ? into + window_.slide : into) + window_.slide;
  }
  Micros pane_start(Micros pane_end) const { return pane_end - window_.slide; }
  /// End of the last window that holds the pane; the first one ends with the pane itself.
  Micros last_window_end(Micros pane_end) const {
    return pane_end + window_.width - window_.slide;
  }
  /// End of the first window that holds the pane and ends after `after`, which must exist:
  /// after < last_window_end(pane_end).
  Micros next_window_end(Micros pane_end, Micros after) const {
    if (pane_end > after) return pane_end;
    return pane_end + ((after - pane_end) / window_.slide + 1) * window_.slide;
  }
  /// End of the first pane that a window ending after `after` can hold.
  Micros first_pane_after(Micros after) const {
    const Micros reach = window_.width - window_.slide;
    const Micros lowest = std::numeric_limits<Micros>::min();
    return after < lowest + reach + 1 ? lowest : after - reach + 1;
  }
  Micros window_start(Micros window_end) const { return window_end - window_.width; }
  Micros slide() const { return window_.slide; }

 private:
  const sql::Window window_;
};

}  // namespace sitrep
