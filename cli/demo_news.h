// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the demonstration's jobs have written: which alerts are open, what was new last, and how
// long rows were on their way. Made from the records of the output topics. Used only by its caller.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/plan_job.h"
#include "engine/base/ids.h"
#include "engine/log/format.h"
#include "engine/log/log.h"

namespace sitrep {

struct AlertNews {
  std::string alert;
  std::string key;
  /// raised, updated, cleared.
  std::string change;
  /// Event time.
  Micros at = 0;
  std::string severity;
  std::string text;
};

class DemoNews {
 public:
  static constexpr std::size_t kNewestAlerts = 6;

  DemoNews();
  void watch(const JobPlan& plan);
  /// Every topic that take() understands.
  std::vector<std::string> topics() const;

  /// Learns from a record that was seen at `now`; the alert that it was, if it was one.
  std::optional<AlertNews> take(const TopicPartition& origin, const RecordView& record, Micros now);
  /// Latencies count from rows received after this.
  void measure_from(Micros time) { measured_from_ = time; }

  using AlertKey = std::pair<std::string, std::string>;
  const std::map<AlertKey, AlertNews>& open() const { return open_; }
  /// Newest first.
  const std::deque<AlertNews>& newest() const { return newest_; }
  /// The newest row of each topic of summaries.
  const std::map<std::string, std::string>& summaries() const { return summaries_; }
  std::uint64_t raised() const { return raised_; }
  std::uint64_t cleared() const { return cleared_; }
  std::size_t latencies() const { return latencies_.size(); }
  /// From the receipt of a row to its result being read; nothing before the first.
  std::optional<Micros> latency(double quantile) const;

 private:
  std::optional<AlertNews> take_alert();
  void take_event(Micros now);

  std::set<std::string> alert_topics_;
  std::set<std::string> event_topics_;
  std::set<std::string> summary_topics_;
  std::unique_ptr<Decoder> alert_decoder_;
  std::unique_ptr<Decoder> event_decoder_;
  RecordBatch batch_;
  std::map<AlertKey, AlertNews> open_;
  std::deque<AlertNews> newest_;
  std::map<std::string, std::string> summaries_;
  std::uint64_t raised_ = 0;
  std::uint64_t cleared_ = 0;
  std::optional<Micros> measured_from_;
  std::deque<Micros> latencies_;
};

}  // namespace sitrep
