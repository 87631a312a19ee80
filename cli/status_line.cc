// SPDX-License-Identifier: Apache-2.0
#include "cli/status_line.h"

#include <algorithm>
#include <optional>

#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {

StatusLine::StatusLine(const MetricsRegistry& metrics, const Clock& clock)
    : metrics_(metrics), clock_(clock), last_at_(clock.monotonic()) {}

std::string StatusLine::next() {
  double rows = 0;
  double late = 0;
  double dead = 0;
  double lag = 0;
  std::optional<MetricSample> slowest;
  for (const MetricSample& sample : metrics_.samples()) {
    if (sample.name == "sitrep_rows_total") rows += sample.value;
    if (sample.name == "sitrep_late_rows_total") late += sample.value;
    if (sample.name == "sitrep_dead_letters_total") dead += sample.value;
    if (sample.name == "sitrep_lag_records") lag += sample.value;
    if (sample.name == "sitrep_watermark_seconds" && sample.value != 0 &&
        (!slowest || sample.value < slowest->value)) {
      slowest = sample;
    }
  }
  const Micros now = clock_.monotonic();
  const double seconds =
      std::max(1e-3, static_cast<double>(now - last_at_) / kMicrosPerSecond);
  const auto count = [](double value) { return static_cast<std::int64_t>(value); };
  std::string line = concat(count((rows - last_rows_) / seconds), " rows/s, ", count(rows),
                            " rows, lag ", count(lag), ", late ", count(late), ", dead letters ",
                            count(dead));
  if (slowest) {
    line += concat("; windows wait for ", slowest->labels.at("topic"), "[",
                   slowest->labels.at("partition"), "], whose watermark is ",
                   format_timestamp(static_cast<Micros>(slowest->value * kMicrosPerSecond)));
  }
  last_at_ = now;
  last_rows_ = rows;
  return line;
}

}  // namespace sitrep
