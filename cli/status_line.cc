// SPDX-License-Identifier: Apache-2.0
#include "cli/status_line.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {

StatusLine::StatusLine(const MetricsRegistry& metrics, const Clock& clock, WindowsOfTopic windows)
    : metrics_(metrics), clock_(clock), windows_(std::move(windows)), last_at_(clock.monotonic()) {}

std::string StatusLine::next() { return line(/*waits=*/true); }

std::string StatusLine::last() { return line(/*waits=*/false); }

std::string StatusLine::line(bool waits) {
  using Place = std::pair<std::string, std::string>;  // topic, partition
  double rows = 0;
  double late = 0;
  double dead = 0;
  double lag = 0;
  std::map<Place, double> watermarks;  // of what windows wait for
  std::vector<Place> idle;
  for (const MetricSample& sample : metrics_.samples()) {
    if (sample.name == "sitrep_rows_total") rows += sample.value;
    if (sample.name == "sitrep_late_rows_total") late += sample.value;
    if (sample.name == "sitrep_dead_letters_total") dead += sample.value;
    if (sample.name == "sitrep_lag_records") lag += sample.value;
    const bool watermark = sample.name == "sitrep_watermark_seconds" && sample.value != 0;
    if (!watermark && sample.name != "sitrep_idle") continue;
    const Place place = {sample.labels.at("topic"), sample.labels.at("partition")};
    if (watermark && windows_.contains(place.first)) watermarks[place] = sample.value;
    if (!watermark && sample.value == 1) idle.push_back(place);
  }
  for (const Place& place : idle) watermarks.erase(place);
  const Micros now = clock_.monotonic();
  const double seconds = std::max(1e-3, static_cast<double>(now - last_at_) / kMicrosPerSecond);
  const auto count = [](double value) { return static_cast<std::int64_t>(value); };
  std::string line =
      concat(count((rows - last_rows_) / seconds), " rows/s, ", count(rows), " rows, lag ",
             count(lag), ", late ", count(late), ", dead letters ", count(dead));
  const auto slowest =
      std::ranges::min_element(watermarks, {}, [](const auto& entry) { return entry.second; });
  if (waits && slowest != watermarks.end()) {
    const auto& [topic, partition] = slowest->first;
    line += concat("; windows of ", join(windows_.find(topic)->second, ", "), " wait for ", topic,
                   "[", partition, "], whose watermark is ",
                   format_timestamp(static_cast<Micros>(slowest->second * kMicrosPerSecond)));
  }
  last_at_ = now;
  last_rows_ = rows;
  return line;
}

}  // namespace sitrep
