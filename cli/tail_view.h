// SPDX-License-Identifier: Apache-2.0
#pragma once
// What `sitrep tail` shows of the records that it reads: alerts as lines for people, if they pass
// the filter, and other records as they are, if there is no filter. With `active` it says nothing
// until it is told that the topic's records are read (list): first come the alerts that are up.
// Used only by its caller.

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "cli/alert_filter.h"
#include "cli/alert_line.h"
#include "cli/open_alerts.h"
#include "cli/topic_alert.h"
#include "engine/base/ids.h"
#include "engine/log/record.h"

namespace sitrep {

struct TailViewOptions {
  /// Alerts too are shown as records; the filter holds.
  bool raw = false;
  /// First the alerts that are up, then changes.
  bool active = false;
  AlertFilter filter = {};
  AlertLineOptions line = {};
};

class TailView {
 public:
  /// Lines go to `out`, what is said about them to `notes`; both outlive the view.
  TailView(TailViewOptions options, std::ostream& out, std::ostream& notes)
      : options_(std::move(options)), listed_(!options_.active), out_(out), notes_(notes) {}

  /// Learns from a record that was read at `now`, and shows it or not.
  void take(PartitionId partition, const RecordView& record, Micros now);
  /// Whether the list, if one is wanted, has been shown.
  bool listed() const { return listed_; }
  /// Shows the alerts that are up, and a word about their number.
  void list(Micros now);
  /// Records shown, those of the list apart.
  std::uint64_t shown() const { return shown_; }
  /// The terminal was made larger or smaller.
  void set_columns(std::size_t columns) { options_.line.columns = columns; }

 private:
  void show(const TopicAlert& alert, Micros now);

  TailViewOptions options_;
  bool listed_;
  std::ostream& out_;
  std::ostream& notes_;
  TopicAlertReader reader_;
  AlertColumns columns_;
  OpenAlerts open_;
  std::uint64_t shown_ = 0;
};

/// `0:17<TAB>key<TAB>value<TAB>name=value …`; `-` where there is no key or value. What could break
/// the line or touch the terminal is escaped (append_escaped).
std::string format_record(PartitionId partition, const RecordView& record);

/// `3 alerts are up: 1 critical, 2 warning`; `others` are up as well, but do not pass the filter.
std::string summarize(const std::vector<TopicAlert>& alerts, std::size_t others);

}  // namespace sitrep
